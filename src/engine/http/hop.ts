/** The hop of an exchange that is under way: what its samples will say. */
import { Expiring } from './deadlines.ts';
import type { ExchangeError } from './errors.ts';
import type { HopRecord } from './samples.ts';

export abstract class Hop extends Expiring implements HopRecord {
  method: string;
  name = '';
  status = 0;
  proto = '';
  tlsVersion = '';
  ip = '';
  ocspStatus = '';
  error = '';
  errorCode = 0;
  expected: boolean | undefined = undefined;
  blocked = 0;
  connecting = 0;
  tlsHandshaking = 0;
  sending = 0;
  waiting = 0;
  receiving = 0;

  constructor(method: string) {
    super();
    this.method = method;
  }

  protected restart(name: string): void {
    this.name = name;
    this.status = this.errorCode = 0;
    this.error = this.proto = this.tlsVersion = this.ip = this.ocspStatus = '';
    this.blocked = this.connecting = this.tlsHandshaking = this.sending = this.waiting = this.receiving = 0;
  }

  /** An error leaves nothing of a response. */
  protected lose(error: ExchangeError): void {
    this.status = 0;
    this.proto = this.tlsVersion = this.ip = this.ocspStatus = '';
    this.error = error.short;
    this.errorCode = error.code;
  }
}
