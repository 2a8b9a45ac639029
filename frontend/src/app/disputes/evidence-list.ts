import { Dialog } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, inject, input } from '@angular/core';
import type { Evidence } from '../core/client';
import { When } from '../ui/figures';
import { Icon } from '../ui/icon';
import { Empty } from '../ui/state';
import { EvidenceView } from './evidence-view';
import type { Seen } from './standing';

const KINDS: Readonly<Record<string, string>> = {
  'image/png': 'Picture (PNG)',
  'image/jpeg': 'Picture (JPEG)',
  'image/webp': 'Picture (WebP)',
  'application/pdf': 'PDF',
  'text/plain': 'Text',
};

/** The files that the parties brought in. */
@Component({
  selector: 'souk-evidence-list',
  changeDetection: ChangeDetectionStrategy.OnPush,
  host: { role: 'region', 'aria-label': 'Evidence' },
  imports: [Empty, Icon, When],
  template: `
    <div class="panel-head"><h2>Evidence</h2></div>
    @if ((dispute().evidence ?? []).length) {
      <ul>
        @for (file of dispute().evidence ?? []; track file.sha256) {
          <li>
            <span>
              {{ kind(file) }}, {{ size(file) }}
              <span class="muted small about">
                {{ file.by }} ({{ file.by === dispute().buyer ? 'buyer' : 'seller' }}),
                {{ file.created_at | when: 'short' }} · SHA-256 {{ file.sha256.slice(0, 12) }}…
              </span>
            </span>
            @if (mayRead()) {
              <button
                type="button"
                class="button small"
                [attr.aria-label]="'View ' + kind(file) + ' of ' + file.by"
                (click)="view(file)"
              >
                <souk-icon name="eye" [size]="14" />View
              </button>
            }
          </li>
        }
      </ul>
    } @else {
      <souk-empty text="No files were brought in." />
    }
    @if (!mayRead() && dispute().evidence?.length) {
      <p class="muted small foot">Who takes the dispute can open the files.</p>
    }
  `,
  styles: `
    li {
      display: flex;
      gap: 12px;
      align-items: center;
      justify-content: space-between;
      padding: 10px 16px;
    }
    li + li {
      border-top: 1px solid var(--line);
    }
    .about {
      display: block;
    }
    .foot {
      padding: 0 16px 12px;
    }
  `,
})
export class EvidenceList {
  readonly dispute = input.required<Seen>();
  readonly mayRead = input(false);
  private readonly dialog = inject(Dialog);

  protected kind(file: Evidence): string {
    return KINDS[file.media_type] ?? file.media_type;
  }

  protected size({ bytes }: Evidence): string {
    return bytes < 1024 ? `${bytes} bytes` : `${Math.ceil(bytes / 1024)} KiB`;
  }

  protected view(file: Evidence): void {
    this.dialog.open(EvidenceView, {
      data: { id: this.dispute().id, file },
      panelClass: ['dialog-pane', 'wide'],
      ariaLabelledBy: 'evidence-view',
    });
  }
}
