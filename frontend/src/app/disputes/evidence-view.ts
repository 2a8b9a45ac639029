import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, DestroyRef, inject, signal } from '@angular/core';
import { Api, type Evidence, showEvidence } from '../core/client';
import { type Problem, problemOf } from '../core/problem';
import { Icon } from '../ui/icon';
import { Failure, Skeleton } from '../ui/state';

/**
 * A file of a party, which may be hostile: pictures are decoded as pictures, text is shown as text,
 * everything else is only offered to be kept. Nothing of it is ever a page.
 */
@Component({
  selector: 'souk-evidence-view',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Failure, Icon, Skeleton],
  template: `
    <h2 id="evidence-view">Evidence of {{ data.file.by }}</h2>
    @if (problem(); as problem) {
      <souk-failure [problem]="problem" (retry)="read()" />
    } @else if (url(); as url) {
      @if (isPicture) {
        <img [src]="url" [alt]="'Picture that ' + data.file.by + ' brought in'" />
      } @else if (text() !== null) {
        <pre tabindex="0">{{ text() }}</pre>
      } @else {
        <p class="muted">Files of this kind are not shown here; open it with care.</p>
      }
      <p class="muted small hash">SHA-256 {{ data.file.sha256 }}</p>
      <div class="row">
        <a class="button" [href]="url" [download]="name">
          <souk-icon name="download" [size]="16" />Keep the file
        </a>
        <button type="button" class="button" (click)="ref.close()">Close</button>
      </div>
    } @else {
      <souk-skeleton [lines]="4" />
    }
  `,
  styles: `
    :host {
      display: grid;
      gap: 12px;
      padding: 20px;
    }
    h2 {
      font-size: 17px;
    }
    img {
      min-width: 64px;
      max-width: 100%;
      max-height: 60vh;
      object-fit: contain;
      background: repeating-conic-gradient(var(--raised) 0 25%, var(--panel) 0 50%) 0 / 16px 16px;
    }
    pre {
      max-height: 60vh;
      margin: 0;
      padding: 12px;
      overflow: auto;
      border-radius: 6px;
      background: var(--raised);
      overflow-wrap: anywhere;
      white-space: pre-wrap;
    }
    .hash {
      overflow-wrap: anywhere;
    }
    .row {
      justify-content: end;
    }
  `,
})
export class EvidenceView {
  protected readonly data = inject<{ id: string; file: Evidence }>(DIALOG_DATA);
  protected readonly ref = inject(DialogRef);
  private readonly api = inject(Api);

  protected readonly isPicture = this.data.file.media_type.startsWith('image/');
  protected readonly name = nameOf(this.data.file);
  protected readonly url = signal<string | null>(null);
  protected readonly text = signal<string | null>(null);
  protected readonly problem = signal<Problem | null>(null);

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      const url = this.url();
      if (url) URL.revokeObjectURL(url);
    });
    void this.read();
  }

  protected async read(): Promise<void> {
    this.problem.set(null);
    const { id, file } = this.data;
    try {
      // The generated type says numbers; what comes is the file.
      const answer: unknown = await this.api.invoke(showEvidence, { id, sha256: file.sha256 });
      const blob = answer as Blob;
      if (file.media_type === 'text/plain') this.text.set(await blob.text());
      this.url.set(URL.createObjectURL(blob));
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }
}

function nameOf({ media_type, sha256 }: Evidence): string {
  const kind = media_type === 'text/plain' ? 'txt' : (media_type.split('/')[1] ?? 'bin');
  return `evidence-${sha256.slice(0, 12)}.${kind}`;
}
