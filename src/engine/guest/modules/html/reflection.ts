/**
 * Which attributes an element offers as methods, by tag (the reflecting attributes of the HTML standard). A word is the
 * method's name; the attribute has the same name in lower case unless an `=` names it. A suffix says what the method
 * returns: `!` whether the attribute is there, `#` a whole number (0 by default), `@` a URL made absolute against the
 * page's, `:x` a string that is `x` when the attribute is missing; a string, empty by default, without a suffix.
 */
const REFLECTED: Readonly<Record<string, string>> = {
  '*': 'accessKey dir hidden! lang tabIndex# title',
  a: 'download href@ hrefLang media referrerPolicy rel target type',
  area: 'alt coords download href@ hrefLang media referrerPolicy rel shape target type',
  audio: 'autoplay! controls! crossOrigin loop! muted! preload:auto src@',
  base: 'href@ target',
  button: 'autofocus! disabled! formAction@ formEnctype formMethod formNoValidate! formTarget name type:submit value',
  canvas: 'height#150 width#300',
  data: 'value',
  del: 'cite@ dateTime',
  embed: 'height src@ type width',
  fieldset: 'disabled! name',
  form: 'acceptCharset=accept-charset action@ autocomplete:on encoding=enctype:application/x-www-form-urlencoded enctype:application/x-www-form-urlencoded name noValidate! target',
  iframe: 'allowFullscreen! height name referrerPolicy src@ srcdoc width',
  img: 'alt crossOrigin currentSrc@=src height# isMap! name referrerPolicy sizes src@ srcset useMap width#',
  input:
    'accept alt autocomplete autofocus! checked! defaultChecked!=checked defaultValue=value dirName disabled! formAction@ formEnctype formMethod formNoValidate! formTarget height list max maxLength#-1 min minLength#-1 multiple! name pattern placeholder readOnly! required! size#20 src@ step type:text value width',
  ins: 'cite@ dateTime',
  keygen: 'autofocus! challenge disabled! keytype:rsa name type:keygen',
  label: 'htmlFor=for',
  li: 'type value#',
  link: 'crossOrigin href@ hrefLang integrity media referrerPolicy rel type',
  map: 'name',
  meta: 'content httpEquiv=http-equiv name',
  meter: 'high#1 low# max#1 min# optimum# value#',
  object: 'data@ height name type useMap width',
  ol: 'reversed! start#1 type',
  optgroup: 'disabled! label',
  option: 'defaultSelected!=selected disabled! selected!',
  output: 'htmlFor=for name type:output',
  param: 'name value',
  pre: 'width#',
  q: 'cite@',
  blockquote: 'cite@',
  script: 'async! charset crossOrigin defer! integrity noModule! src@ type',
  select: 'autofocus! disabled! multiple! name required!',
  source: 'keySystem media sizes src@ srcset type',
  style: 'media type',
  table: 'border sortable!',
  td: 'abbr colSpan#1 headers rowSpan#1',
  textarea:
    'autocomplete autofocus! cols#20 dirName disabled! maxLength#-1 minLength#-1 name placeholder readOnly! required! rows#2 type:textarea wrap:soft',
  th: 'abbr colSpan#1 headers rowSpan#1 scope sorted',
  time: 'dateTime',
  track: 'default! kind:subtitles label src@ srcLang',
  ul: 'type',
  video: 'autoplay! controls! crossOrigin height# loop! muted! poster@ preload:auto src@ width#',
};

export interface Reflected {
  readonly method: string;
  readonly attribute: string;
  readonly kind: 'string' | 'boolean' | 'number' | 'url';
  readonly fallback: string;
}

const WORD = /^(\w+)([!#@]?)(-?\d*)(?:=([\w-]+))?(?::(\S+))?$/;
const KINDS: Readonly<Record<string, Reflected['kind']>> = { '!': 'boolean', '#': 'number', '@': 'url', '': 'string' };

function parseWord(word: string): Reflected {
  const [, method = word, suffix = '', number = '', attribute, text = ''] = WORD.exec(word) ?? [];
  return {
    method,
    attribute: attribute ?? method.toLowerCase(),
    kind: KINDS[suffix] ?? 'string',
    fallback: suffix === '#' ? number || '0' : text,
  };
}

const parseWords = (words: string | undefined) => (words ?? '').split(' ').filter(Boolean).map(parseWord);

/** Methods of one tag, those every element has included. */
export const reflectedOf = (tag: string): Reflected[] => [...parseWords(REFLECTED['*']), ...parseWords(REFLECTED[tag])];

export const REFLECTED_TAGS: readonly string[] = Object.keys(REFLECTED).filter((tag) => tag !== '*');
