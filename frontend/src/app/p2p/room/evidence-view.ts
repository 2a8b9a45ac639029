import { DIALOG_DATA, DialogRef } from '@angular/cdk/dialog';
import { ChangeDetectionStrategy, Component, DestroyRef, inject, signal } from '@angular/core';
import { Api, type Evidence, showEvidence } from '../../core/client';
import { type Problem, problemOf } from '../../core/problem';
import { When } from '../../ui/figures';
import { Icon } from '../../ui/icon';
import { Failure, Skeleton } from '../../ui/state';
import { sizeText } from './evidence-file';

/** Shows a file of a dispute: a picture or a text here, all of them to keep. */
@Component({
  selector: 'souk-evidence-view',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [Failure, Icon, Skeleton, When],
  template: `
    <header>
      <h2 id="evidence">Evidence of {{ file.by }}</h2>
      <button type="button" class="icon-button" aria-label="Close" (click)="ref.close()">
        <souk-icon name="close" />
      </button>
    </header>
    <p class="muted small">
      {{ file.media_type }}, {{ size }}, {{ file.created_at | when }}
      <span class="hash">SHA-256 {{ file.sha256 }}</span>
    </p>
    @if (problem(); as trouble) {
      <souk-failure [problem]="trouble" (retry)="load()" />
    } @else if (!url()) {
      <souk-skeleton />
    } @else {
      @if (text() !== null) {
        <pre tabindex="0">{{ text() }}</pre>
      } @else if (isPicture) {
        <img [src]="url()" [alt]="'Picture that ' + file.by + ' brought in'" />
      } @else {
        <p>This kind of file is not shown here.</p>
      }
      <a class="button" [href]="url()" [download]="name">
        <souk-icon name="download" [size]="16" />Download
      </a>
    }
  `,
  styles: `
    :host {
      display: grid;
      gap: 10px;
      padding: 16px 20px 20px;
    }
    header {
      display: flex;
      align-items: center;
      justify-content: space-between;
    }
    img {
      max-width: 100%;
      max-height: 65dvh;
      margin: 0 auto;
      border-radius: 6px;
      background: #fff;
    }
    pre {
      max-height: 60dvh;
      margin: 0;
      padding: 12px;
      overflow: auto;
      border-radius: 6px;
      background: var(--raised);
      white-space: pre-wrap;
      overflow-wrap: anywhere;
    }
    .hash {
      display: block;
      overflow-wrap: anywhere;
    }
    .button {
      justify-self: start;
    }
  `,
})
export class EvidenceView {
  private readonly data = inject<{ dispute: string; file: Evidence }>(DIALOG_DATA);
  private readonly api = inject(Api);
  protected readonly ref = inject<DialogRef<void>>(DialogRef);
  protected readonly file = this.data.file;
  protected readonly isPicture = this.file.media_type.startsWith('image/');
  protected readonly size = sizeText(this.file.bytes);
  protected readonly name = nameOf(this.file);
  protected readonly url = signal<string | null>(null);
  protected readonly text = signal<string | null>(null);
  protected readonly problem = signal<Problem | null>(null);

  constructor() {
    inject(DestroyRef).onDestroy(() => {
      const url = this.url();
      if (url) URL.revokeObjectURL(url);
    });
    void this.load();
  }

  protected async load(): Promise<void> {
    this.problem.set(null);
    const { dispute, file } = this.data;
    try {
      const got: unknown = await this.api.invoke(showEvidence, {
        id: dispute,
        sha256: file.sha256,
      });
      const blob = new Blob([got as Blob], { type: file.media_type });
      if (file.media_type === 'text/plain') this.text.set(await blob.text());
      this.url.set(URL.createObjectURL(blob));
    } catch (error) {
      this.problem.set(problemOf(error));
    }
  }
}

function nameOf({ sha256, media_type }: Evidence): string {
  const kind = media_type === 'text/plain' ? 'txt' : media_type.split('/')[1];
  return `evidence-${sha256.slice(0, 12)}.${kind}`;
}
