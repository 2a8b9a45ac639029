import { ChangeDetectionStrategy, Component, input } from '@angular/core';
import type { AuditEntry } from '../../core/client';
import { When, Words } from '../../ui/figures';
import { actionText, statusName } from '../texts';

/** Who did what and when, with the journal's numbers. */
@Component({
  selector: 'souk-audit-trail',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [When, Words],
  template: `
    <details>
      <summary>Audit trail ({{ entries().length }})</summary>
      <ol>
        @for (entry of entries(); track entry.sequence) {
          <li>
            <span class="num muted">#{{ entry.sequence }}</span>
            <span>
              {{ textOf(entry, entries()[$index - 1]) }}
              <span class="muted small"
                >{{ entry.party | words }}, then: {{ statusOf(entry) }}</span
              >
            </span>
            <span class="num muted small">{{ entry.created_at | when }}</span>
          </li>
        }
      </ol>
    </details>
  `,
  styles: `
    summary {
      padding: 12px 16px;
      font-weight: 600;
      cursor: pointer;
    }
    ol {
      padding: 0 16px 12px;
    }
    li {
      display: grid;
      grid-template-columns: 56px minmax(0, 1fr) auto;
      gap: 8px;
      align-items: baseline;
      padding: 6px 0;
      border-top: 1px solid var(--line);
    }
    @media (width < 700px) {
      li {
        grid-template-columns: 48px minmax(0, 1fr);
      }
      li > :last-child {
        grid-column: 2;
      }
    }
  `,
})
export class AuditTrail {
  readonly entries = input.required<readonly AuditEntry[]>();
  protected readonly textOf = actionText;

  protected statusOf(entry: AuditEntry): string {
    return statusName(entry.status);
  }
}
