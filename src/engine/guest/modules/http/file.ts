/** `http.file`: data that is sent as a file of a multipart form. */
import { textOf } from '../../runtime/api.ts';

export class FileData {
  data: unknown;
  filename: string;
  content_type: string;

  constructor(data: unknown, filename: unknown, contentType: unknown) {
    this.data = data;
    // Go's default is the clock in nanoseconds.
    this.filename = filename === undefined || filename === null ? `${Date.now()}000000` : textOf(filename);
    this.content_type =
      typeof contentType === 'string' && contentType !== '' ? contentType : 'application/octet-stream';
  }
}
