import { HttpClient, HttpContext, HttpResponse } from '@angular/common/http';
import { type Observable, filter, map } from 'rxjs';
import type { Evidence } from '../../core/client';
import { RequestBuilder } from '../../api/request-builder';
import type { StrictHttpResponse } from '../../api/strict-http-response';

/** What is taken as evidence, and how large it may be. */
export const KINDS = [
  'image/png',
  'image/jpeg',
  'image/webp',
  'application/pdf',
  'text/plain',
] as const;
export const BYTES_MAX = 2 * 1024 * 1024;

/** Why a file would be refused, or null. */
export function fileFault(file: { type: string; size: number }): string | null {
  if (!(KINDS as readonly string[]).includes(file.type))
    return 'Only PNG, JPEG, WebP, PDF and plain text are taken.';
  if (file.size === 0) return 'The file is empty.';
  return file.size > BYTES_MAX ? 'The file is larger than 2 MiB.' : null;
}

/** How large a file is, for people. */
export function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const kib = bytes / 1024;
  return kib < 1024 ? `${Math.round(kib)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}

/** What tells files apart stands beside the file, since a command compares its parameters as text. */
export interface AddEvidenceParams {
  id: string;
  file: File;
  name: string;
  size: number;
  modified: number;
}

export function evidenceParams(id: string, file: File): AddEvidenceParams {
  return { id, file, name: file.name, size: file.size, modified: file.lastModified };
}

/** Brings a file into a dispute: the file itself is the body. */
export function addEvidence(
  http: HttpClient,
  rootUrl: string,
  params: AddEvidenceParams,
  context?: HttpContext,
): Observable<StrictHttpResponse<Evidence>> {
  const request = new RequestBuilder(rootUrl, addEvidence.PATH, 'post');
  request.path('id', params.id, {});
  request.body(params.file, params.file.type);
  return http
    .request(request.build({ responseType: 'json', accept: 'application/json', context }))
    .pipe(
      filter((event): event is HttpResponse<Evidence> => event instanceof HttpResponse),
      map((response) => response as StrictHttpResponse<Evidence>),
    );
}

addEvidence.PATH = '/api/dispute/{id}/evidence';
