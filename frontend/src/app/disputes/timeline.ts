import { ChangeDetectionStrategy, Component, computed, input } from '@angular/core';
import type { AuditEntry } from '../core/client';
import { When, Words } from '../ui/figures';

/** A trade's audit trail: who did what and when, with the journal's numbers. */
@Component({
  selector: 'souk-timeline',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { role: 'region', 'aria-label': 'Audit trail' },
  imports: [When, Words],
  template: `
    <div class="panel-head"><h2>Audit trail</h2></div>
    <ol>
      @for (line of lines(); track line.sequence) {
        <li [class.last]="$last">
          <span class="what">{{ line.action | words }}</span>
          <span class="num muted small">{{ line.created_at | when: 'short' }}</span>
          <span class="muted small">
            {{ line.by ?? 'the clock' }}
            @if (line.by) {
              ({{ line.party | words }})
            }
            · then {{ line.status | words }}
          </span>
          <span class="num muted small">#{{ line.sequence }}</span>
        </li>
      }
    </ol>
  `,
  styles: `
    ol {
      padding: 12px 16px;
    }
    li {
      display: grid;
      position: relative;
      grid-template-columns: minmax(0, 1fr) auto;
      gap: 0 12px;
      padding: 0 0 12px 18px;
    }
    li::before {
      position: absolute;
      top: 6px;
      left: 0;
      width: 9px;
      height: 9px;
      border: 2px solid var(--accent);
      border-radius: 50%;
      background: var(--panel);
      content: '';
    }
    li:not(.last)::after {
      position: absolute;
      top: 16px;
      bottom: -4px;
      left: 4px;
      width: 1px;
      background: var(--line);
      content: '';
    }
    .last {
      padding-bottom: 0;
    }
    .what {
      font-weight: 550;
    }
    .num {
      text-align: end;
    }
  `,
})
export class Timeline {
  readonly trail = input.required<readonly AuditEntry[]>();
  /** Oldest first, as things happened. */
  protected readonly lines = computed(() =>
    [...this.trail()].sort((a, b) => a.sequence - b.sequence),
  );
}
