import { ChangeDetectionStrategy, Component } from '@angular/core';
import { RouterLink } from '@angular/router';
import { Empty } from '../ui/state';

/** Where no route leads. */
@Component({
  selector: 'souk-lost',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [RouterLink, Empty],
  template: `
    <div class="page">
      <h1>There is no such page</h1>
      <souk-empty icon="search" text="The address may be mistyped, or the page has moved.">
        <a class="button" routerLink="/">Back to the start</a>
      </souk-empty>
    </div>
  `,
})
export class Lost {}
