import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Session } from '../core/session';
import { When, Words } from '../ui/figures';

/** Who is logged in. */
@Component({
  selector: 'souk-profile',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [When, Words],
  template: `
    <div class="page">
      <h1>Profile</h1>
      @if (session.user(); as user) {
        <dl class="facts panel padded">
          <dt>Username</dt>
          <dd>{{ user.username }}</dd>
          <dt>Email</dt>
          <dd>{{ user.email }}</dd>
          <dt>Role</dt>
          <dd>{{ user.role | words }}</dd>
          <dt>Member since</dt>
          <dd>{{ user.created_at | when: 'date' }}</dd>
        </dl>
      }
    </div>
  `,
})
export class ProfilePage {
  protected readonly session = inject(Session);
}
