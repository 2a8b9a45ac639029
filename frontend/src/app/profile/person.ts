import {
  ChangeDetectionStrategy,
  Component,
  computed,
  inject,
  input,
  resource,
} from '@angular/core';
import { RouterLink } from '@angular/router';
import { Api, profile } from '../core/client';
import { problemOf } from '../core/problem';
import { Session } from '../core/session';
import { Avatar } from '../ui/avatar';
import { When } from '../ui/figures';
import { Empty, Failure, Skeleton } from '../ui/state';
import { ContactButtons } from './contact-buttons';
import { OffersOf } from './offers-of';
import { ReputationPanel } from './reputation';
import { Reviews } from './reviews';

/** What everyone may know of somebody. */
@Component({
  selector: 'souk-person',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [
    Avatar,
    ContactButtons,
    Empty,
    Failure,
    OffersOf,
    ReputationPanel,
    Reviews,
    RouterLink,
    Skeleton,
    When,
  ],
  template: `
    <div class="page">
      @if (unknown()) {
        <h1>There is nobody of this name</h1>
        <souk-empty icon="user" [text]="'No user is called ' + username() + '.'">
          <a class="button" routerLink="/p2p">To the P2P offers</a>
        </souk-empty>
      } @else if (person.error(); as error) {
        <h1>{{ username() }}</h1>
        <souk-failure [problem]="problemOf(error)" (retry)="person.reload()" />
      } @else if (person.hasValue()) {
        <div class="page-head">
          <div class="row">
            <souk-avatar [name]="person.value().username" />
            <div>
              <h1>{{ person.value().username }}</h1>
              <p class="muted">Member since {{ person.value().created_at | when: 'date' }}</p>
            </div>
          </div>
          @if (isOneself()) {
            <a class="button" routerLink="/profile">Your account</a>
          } @else if (session.isLoggedIn()) {
            <souk-contact-buttons [username]="person.value().username" />
          }
        </div>
        <souk-reputation class="panel" [username]="person.value().username" />
        <div class="columns">
          <souk-reviews class="panel" [username]="person.value().username" />
          <souk-offers-of class="panel" [username]="person.value().username" />
        </div>
      } @else {
        <h1>{{ username() }}</h1>
        <souk-skeleton [lines]="6" />
      }
    </div>
  `,
  styles: `
    .columns {
      display: grid;
      grid-template-columns: minmax(0, 5fr) minmax(0, 7fr);
      gap: 12px;
      align-items: start;
    }
    @media (width < 900px) {
      .columns {
        grid-template-columns: minmax(0, 1fr);
      }
    }
  `,
})
export class PersonPage {
  readonly username = input.required<string>();

  protected readonly session = inject(Session);
  private readonly api = inject(Api);
  protected readonly problemOf = problemOf;
  protected readonly person = resource({
    params: () => this.username(),
    loader: ({ params }) => this.api.invoke(profile, { username: params }),
  });
  protected readonly unknown = computed(() => {
    const error = this.person.error();
    return error !== undefined && problemOf(error).status === 404;
  });
  protected readonly isOneself = computed(() => this.session.user()?.username === this.username());
}
