import { ChangeDetectionStrategy, Component } from '@angular/core';

/** What this is, and whose work it stands on. */
@Component({
  selector: 'souk-about',
  changeDetection: ChangeDetectionStrategy.OnPush,
  template: `
    <div class="page">
      <h1>About Souk</h1>
      <section class="panel padded stack">
        <p>
          Souk is an exchange and peer-to-peer market that runs on your own machine. All money in it
          is simulated: nothing here can be paid in or out.
        </p>
        <p>
          Programs use the same interface as this page:
          <a href="/api/docs" target="_blank" rel="noopener">the API</a>.
        </p>
      </section>
      <section class="panel padded stack">
        <h2>Made with</h2>
        <p>
          Charts: Lightweight Charts™, copyright © TradingView, Inc., Apache License 2.0,
          <a href="https://www.tradingview.com/" target="_blank" rel="noopener noreferrer"
            >tradingview.com</a
          >. Angular, Angular Material and CDK: copyright © Google LLC, MIT licence.
        </p>
      </section>
    </div>
  `,
  styles: 'section { max-width: 720px; }',
})
export class About {}
