import { NgTemplateOutlet } from '@angular/common';
import {
  ChangeDetectionStrategy,
  Component,
  Directive,
  TemplateRef,
  computed,
  contentChildren,
  inject,
  input,
  output,
} from '@angular/core';
import type { Problem } from '../core/problem';
import { Empty, Failure, Skeleton } from './state';

export interface Column {
  /** What `soukCell` names; a column without a cell template shows `row[key]`. */
  key: string;
  label: string;
  /** Figures stand at the end of their cell. */
  end?: boolean;
}

/** The template of a column's cells: `<ng-template soukCell="price" let-row>`. */
@Directive({ selector: 'ng-template[soukCell]' })
export class Cell {
  readonly key = input.required<string>({ alias: 'soukCell' });
  readonly template = inject<TemplateRef<unknown>>(TemplateRef);
}

/**
 * A table with its states: loading, failed, empty, more to read. On a narrow screen each row becomes a
 * card whose cells carry their column's label.
 */
@Component({
  selector: 'souk-table',
  changeDetection: ChangeDetectionStrategy.OnPush,
  imports: [NgTemplateOutlet, Skeleton, Empty, Failure],
  template: `
    @if (problem() && rows().length === 0) {
      <souk-failure [problem]="problem()" (retry)="retry.emit()" />
    } @else if (loading() && rows().length === 0) {
      <souk-skeleton [lines]="5" />
    } @else if (rows().length === 0) {
      <souk-empty [text]="empty()"><ng-content select="[soukEmpty]" /></souk-empty>
    } @else {
      <div class="scroll" tabindex="0" role="region" [attr.aria-label]="label()">
        <table [class.dense]="dense()">
          <caption class="sr-only">
            {{
              label()
            }}
          </caption>
          <thead>
            <tr>
              @for (column of columns(); track column.key) {
                <th scope="col" [class.end]="column.end">{{ column.label }}</th>
              }
            </tr>
          </thead>
          <tbody>
            @for (row of rows(); track key()(row, $index)) {
              <tr>
                @for (column of columns(); track column.key) {
                  <td [class.end]="column.end" [attr.data-label]="column.label">
                    @if (cells()[column.key]; as cell) {
                      <ng-container *ngTemplateOutlet="cell; context: { $implicit: row }" />
                    } @else {
                      {{ $any(row)[column.key] }}
                    }
                  </td>
                }
              </tr>
            }
          </tbody>
        </table>
      </div>
      @if (problem()) {
        <souk-failure [problem]="problem()" (retry)="retry.emit()" />
      } @else if (hasMore()) {
        <div class="more">
          <button type="button" class="button small" [disabled]="loading()" (click)="more.emit()">
            {{ loading() ? 'Reading…' : 'Show more' }}
          </button>
        </div>
      }
    }
  `,
  styleUrl: './table.css',
})
export class Table<T> {
  readonly columns = input.required<readonly Column[]>();
  readonly rows = input.required<readonly T[]>();
  /** What the table is, for screen readers. */
  readonly label = input.required<string>();
  readonly empty = input('Nothing here yet.');
  readonly loading = input(false);
  readonly problem = input<Problem | null>(null);
  readonly hasMore = input(false);
  readonly dense = input(false);
  /** What tells rows apart. */
  readonly key = input<(row: T, index: number) => unknown>((_, index) => index);
  readonly retry = output<void>();
  readonly more = output<void>();

  private readonly templates = contentChildren(Cell);
  protected readonly cells = computed<Record<string, TemplateRef<unknown>>>(() =>
    Object.fromEntries(this.templates().map((cell) => [cell.key(), cell.template])),
  );
}
