import { ChangeDetectionStrategy, Component, inject } from '@angular/core';
import { Session } from '../core/session';
import { Activity } from './activity';
import { Checklist } from './checklist';
import { Health } from './health';
import { Holdings } from './holdings';
import { Hours } from './hours';
import { Movers } from './movers';
import { OpenOrders } from './open-orders';
import { Turns } from './turns';
import { Worth } from './worth';

/** How one stands, on one screen. */
@Component({
  selector: 'souk-dashboard',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Activity, Checklist, Health, Holdings, Movers, OpenOrders, Turns, Worth],
  providers: [Hours],
  template: `
    <div class="page">
      <h1 class="sr-only">Dashboard of {{ session.user()?.username }}</h1>
      <souk-checklist />
      <div class="grid">
        <souk-worth class="panel worth" role="region" aria-label="Total value" />
        <souk-holdings class="panel holdings" role="region" aria-label="Balances" />
        <souk-turns class="panel turns" role="region" aria-label="P2P trades" />
        <souk-open-orders class="panel orders" role="region" aria-label="Open orders" />
        <souk-movers class="panel movers" role="region" aria-label="Markets" />
        <souk-activity class="panel activity" role="region" aria-label="Recent activity" />
        <souk-health class="panel health" role="region" aria-label="Connection" />
      </div>
    </div>
  `,
  styles: `
    .page {
      max-width: 1400px;
    }
    souk-checklist:empty {
      display: none;
    }
    .grid {
      display: grid;
      grid-template-areas:
        'worth worth holdings'
        'turns orders movers'
        'activity activity movers'
        'activity activity health';
      grid-template-rows: auto auto auto 1fr;
      grid-template-columns: repeat(3, minmax(0, 1fr));
      gap: 12px;
      align-items: stretch;
    }
    .worth {
      grid-area: worth;
    }
    .holdings {
      grid-area: holdings;
    }
    .turns {
      grid-area: turns;
    }
    .orders {
      grid-area: orders;
    }
    .movers {
      grid-area: movers;
    }
    .activity {
      grid-area: activity;
    }
    .health {
      grid-area: health;
    }
    @media (width < 1100px) {
      .grid {
        grid-template-areas:
          'worth worth'
          'holdings movers'
          'turns orders'
          'activity health';
        grid-template-rows: auto;
        grid-template-columns: repeat(2, minmax(0, 1fr));
      }
    }
    @media (width < 700px) {
      .grid {
        grid-template-areas: 'worth' 'turns' 'holdings' 'orders' 'movers' 'activity' 'health';
        grid-template-columns: minmax(0, 1fr);
      }
    }
  `,
})
export class Dashboard {
  protected readonly session = inject(Session);
}
