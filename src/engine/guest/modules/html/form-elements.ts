import { Element, nodeOf, pageOf } from './element.ts';
import { around, byId, formOf, labelsOf, ownAttribute, wrap } from './element-tools.ts';
import { attribute } from './form.ts';
import { resolveUrl } from './url.ts';

const LISTED = 'button,fieldset,input,keygen,object,output,select,textarea';

export class Owned extends Element {
  form(): Element | undefined {
    return wrap(this, formOf(nodeOf(this)));
  }
}

export class Labelled extends Owned {
  labels(): Element[] {
    return labelsOf(this);
  }
}

/** Inputs and buttons: what the form says holds where they say nothing themselves. */
export class Field extends Labelled {
  #setting(name: string, formName: string, fallback: string): string {
    const form = formOf(nodeOf(this));
    return ownAttribute(this, name) ?? (form && attribute(form, formName)) ?? fallback;
  }
  formAction(): string {
    return resolveUrl(this.#setting('formaction', 'action', ''), pageOf(this).url);
  }
  formEnctype(): string {
    return this.#setting('formenctype', 'enctype', 'application/x-www-form-urlencoded');
  }
  formMethod(): string {
    return this.#setting('formmethod', 'method', 'get').toLowerCase() === 'post' ? 'post' : 'get';
  }
  formNoValidate(): boolean {
    const form = formOf(nodeOf(this));
    return this.hasAttribute('formnovalidate') || (form !== undefined && attribute(form, 'novalidate') !== undefined);
  }
  formTarget(): string {
    return this.#setting('formtarget', 'target', '_self');
  }
}

export class Button extends Field {
  value(): string {
    return ownAttribute(this, 'value') ?? this.innerHTML() ?? '';
  }
}

export class FieldSet extends Owned {
  elements(): Element[] {
    return this.querySelectorAll(LISTED);
  }
  type(): string {
    return 'fieldset';
  }
  validity(): undefined {
    return undefined;
  }
}

export class Form extends Element {
  elements(): Element[] {
    return this.querySelectorAll(LISTED);
  }
  length(): number {
    return this.elements().length;
  }
  method(): string {
    return (ownAttribute(this, 'method') ?? '').toLowerCase() === 'post' ? 'post' : 'get';
  }
}

export class Label extends Owned {
  control(): Element | undefined {
    const id = ownAttribute(this, 'for');
    if (id !== undefined) return wrap(this, byId(nodeOf(this), id));
    return this.querySelector('button,input:not([type=hidden]),keygen,meter,output,progress,select,textarea');
  }
  override form(): Element | undefined {
    const control = this.control();
    return control && wrap(this, formOf(nodeOf(control)));
  }
}

export class Legend extends Element {
  form(): Element | undefined {
    const fieldset = around(nodeOf(this), 'fieldset');
    return fieldset && wrap(this, formOf(fieldset));
  }
}
