import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { createHtml, htmlModule } from '../../../../src/engine/guest/modules/html/index.ts';
import type { Selection } from '../../../../src/engine/guest/modules/html/selection.ts';
import { testVu } from './module-context.ts';

const { ctx } = testVu();
const target = readFileSync(new URL('../../../conformance/target.mjs', import.meta.url), 'utf8');
const page = /FORM_PAGE = `([^`]*)`/.exec(target)?.[1] ?? '';

type Callback = (index: number, item: never) => unknown;
/** With the methods a VU adds. */
type FullSelection = Selection & {
  each(fn: Callback): FullSelection;
  map(fn: Callback): unknown[];
  filter(test: unknown): FullSelection;
  not(test: unknown): FullSelection;
  is(test: unknown): boolean;
};
type Dynamic = Record<string, (...args: unknown[]) => unknown>;
const parse = (source: string, url?: string) => createHtml(ctx).parse(source, url) as FullSelection;
const element = (source: string, selector: string, url = 'http://h:8080/a/b?c') =>
  parse(source, url).find(selector).get(0) as unknown as Dynamic;

describe('Selection', () => {
  let doc: FullSelection;
  const find = (selector: string) => doc.find(selector) as FullSelection;
  beforeAll(() => (doc = parse(page)));

  it('finds by CSS selectors, in document order, each node once', () => {
    expect(find('h1').text()).toBe('Exercises list');
    expect(find('p, li').size()).toBe(6);
    expect(find('li:nth-child(2) b').text()).toBe('press');
    expect(find('li:contains("Dead")').text()).toBe('Deadlift');
    expect(find('#outer, .inner').find('p').size()).toBe(3);
    expect(find('.inner').find('#outer p').size()).toBe(3);
  });

  it('matches nothing with a selector that is not valid', () => {
    for (const selector of ['li:first', '[', '> li', '']) expect(find(selector).size()).toBe(0);
  });

  it('walks the tree', () => {
    expect(find('#outer').children().size()).toBe(2);
    expect(find('p').parent().size()).toBe(2);
    expect(find('p').parents().size()).toBe(5);
    expect(find('p').first().parentsUntil('body').size()).toBe(2);
    expect(find('p').closest('#outer').attr('id')).toBe('outer');
    expect(find('li.first').next().text()).toBe('Bench press');
    expect(find('li.first').nextAll('.last').text()).toBe('Deadlift');
    expect(find('li.first').nextUntil('.last').size()).toBe(1);
    expect(
      find('li.last')
        .prevAll()
        .toArray()
        .map((e) => e.attr('data-id')),
    ).toEqual(['2', '1']);
    expect(find('li.last').prevUntil(find('li.first')).size()).toBe(1);
    expect(find('li.first').siblings('.last').size()).toBe(1);
    expect(find('ul').contents().size()).toBe(7);
    expect([find('li').slice(1, 3).size(), find('li').eq(-1).text(), find('li').eq(9).size()]).toEqual([
      2,
      'Deadlift',
      0,
    ]);
  });

  it('filters by selector, function, Selection and Element', () => {
    const items = find('li');
    expect(items.filter('.last').text()).toBe('Deadlift');
    expect(items.filter((i: number, e: Selection) => i > 0 && e.text() !== 'Deadlift').text()).toBe('Bench press');
    expect(items.filter(find('.first')).text()).toBe('Squat');
    expect(items.not(items.get(0)).size()).toBe(2);
    expect([items.is('.last'), items.is('.none'), items.is(() => true), items.has('b').size()]).toEqual([
      true,
      false,
      true,
      1,
    ]);
    expect(() => items.filter(3)).toThrow(TypeError);
  });

  it('calls back with Elements in each, Selections in map', () => {
    const seen: unknown[] = [];
    find('a.nav').each((i, e: Dynamic) => seen.push(i, e['nodeName']!(), e['getAttribute']!('class')));
    expect(seen).toEqual([0, 'a', 'nav', 1, 'a', 'nav api']);
    expect(find('li').map((i, e: Selection) => `${i}${e.text()}`)).toEqual(['0Squat', '1Bench press', '2Deadlift']);
    expect(() => find('li').each('x' as never)).toThrow('must be a function');
  });

  it('reads attributes, data and values', () => {
    expect([find('#nope').attr('x'), find('#nope').attr('x', 'd'), find('#nope').text(), find('#nope').html()]).toEqual(
      [undefined, 'd', '', undefined],
    );
    expect(find('li').eq(1).data('json')).toEqual({ a: [1, 2] });
    expect(find('li').eq(1).data()).toEqual({ id: 2, json: { a: [1, 2] } });
    expect([find('input[name=user]').val(), find('select').val(), find('textarea').val(), find('p').val()]).toEqual([
      'anna',
      '2',
      'hello',
      undefined,
    ]);
    const odd = parse('<i data-a="true" data-b="null" data-c="007" data-d="1.5" data-e="{x" data-long-name="v">').find(
      'i',
    );
    expect(odd.data()).toEqual({ a: true, b: null, c: '007', d: 1.5, e: '{x', longName: 'v' });
    expect(odd.data('longName')).toBe('v');
  });

  it('serializes forms', () => {
    const form = find('#login');
    expect(form.serialize()).toBe('level=2&note=hello&token=t0k3n&user=anna');
    expect(form.serializeArray()[0]).toEqual({ name: 'user', value: 'anna' });
    expect(form.serializeObject()).toEqual({ user: 'anna', token: 't0k3n', level: '2', note: 'hello' });
    const many = parse(
      '<form><select multiple name=m><option selected>a b<option selected value="&+é"></select><input name=off disabled value=1>' +
        '<input type=radio name=r value=1 checked=checked><input type=radio name=r value=2><button name=x value=1></form>',
    ).find('form');
    expect(many.serialize()).toBe('m=a+b&m=%26%2B%C3%A9&r=1');
  });

  it('writes markup as k6 does', () => {
    const doc = parse('<p class=x>a<br>"q" &amp; \'<b>y</b>\'</p><script>1 < "2"</script><!--c-->');
    expect(doc.find('p').html()).toBe('a<br/>&#34;q&#34; &amp; &#39;<b>y</b>&#39;');
    expect(doc.find('script').html()).toBe('1 < "2"');
    expect(doc.find('body').html()).toBe(
      '<p class="x">a<br/>&#34;q&#34; &amp; &#39;<b>y</b>&#39;</p><script>1 < "2"</script><!--c-->',
    );
    expect(parse('<!DOCTYPE html><p>x').html()).toBe('<!DOCTYPE html><html><head></head><body><p>x</p></body></html>');
  });
});

describe('Element', () => {
  it('describes a node and its neighbours', () => {
    const node = element(page, 'h1');
    expect([node['id']!(), node['className']!(), node['classList']!(), node['innerHTML']!()]).toEqual([
      'top',
      'big title',
      ['big', 'title'],
      'Exercises <em>list</em>',
    ]);
    expect([node['nodeType']!(), node['nodeName']!(), node['childElementCount']!(), node['textContent']!()]).toEqual([
      1,
      'h1',
      1,
      'Exercises list',
    ]);
    const text = node['firstChild']!() as Dynamic;
    expect([text['nodeType']!(), text['nodeName']!(), text['nodeValue']!()]).toEqual([3, '#text', 'Exercises ']);
    const em = node['querySelector']!('em') as Dynamic;
    expect([
      node['contains']!(em),
      em['contains']!(node),
      (em['parentElement']!() as Dynamic)['isSameNode']!(node),
      em['contains']!(undefined),
      em['isSameNode']!(undefined),
      em['isEqualNode']!(null),
    ]).toEqual([true, false, true, false, false, false]);
    expect((node['nextElementSibling']!() as Dynamic)['nodeName']!()).toBe('ul');
    expect((node['ownerDocument']!() as Dynamic)['nodeType']!()).toBe(9);
    expect(node['matches']!('.big')).toBe(true);
    expect(node.toString.call(node)).toBe('[object html.Node]');
  });

  it('gives attributes as objects', () => {
    const { href } = element(page, 'a')['attributes']!() as Record<
      string,
      { name: string; value: string; localName(): string }
    >;
    expect([href!.name, href!.value, href!.localName()]).toEqual(['href', '/health', 'href']);
  });

  it('takes links apart, relative ones against the page', () => {
    const link = element('<a href="../x/./y?q=1#f" rel="a b">t</a>', 'a');
    expect(
      ['href', 'protocol', 'host', 'hostname', 'port', 'pathname', 'search', 'hash', 'origin', 'text'].map((name) =>
        link[name]!(),
      ),
    ).toEqual(['http://h:8080/x/y?q=1#f', 'http:', 'h:8080', 'h', '8080', '/x/y', '?q=1', '#f', 'http://h:8080', 't']);
    expect(link['relList']!()).toEqual(['a', 'b']);
    const login = element('<a href="https://u:p@[::1]:443/">', 'a');
    expect([login['username']!(), login['password']!(), login['host']!()]).toEqual(['u', 'p', '[::1]']);
  });

  it('relates forms, fields and labels', () => {
    const html =
      '<label for=i>L</label><form id=f action=/go method=POST><input id=i name=n><button formmethod=get>ok</button></form><input id=o form=f>';
    const input = element(html, '#i');
    expect([
      (input['form']!() as Dynamic)['id']!(),
      input['formAction']!(),
      input['formMethod']!(),
      input['type']!(),
    ]).toEqual(['f', 'http://h:8080/go', 'post', 'text']);
    expect((input['labels']!() as Dynamic[]).map((label) => label['textContent']!())).toEqual(['L']);
    expect((element(html, '#o')['form']!() as Dynamic)['length']!()).toBe(2);
    expect([element(html, 'button')['formMethod']!(), element(html, 'button')['value']!()]).toEqual(['get', 'ok']);
    expect((element(html, 'label')['control']!() as Dynamic)['id']!()).toBe('i');
  });

  it('knows lists of options', () => {
    const html = '<select><option value=1>a<option selected>b<optgroup disabled><option label=l>c</select>';
    const list = element(html, 'select');
    expect([list['length']!(), list['selectedIndex']!(), list['value']!(), list['type']!(), list['size']!()]).toEqual([
      3,
      1,
      'b',
      'select-one',
      1,
    ]);
    const last = (list['options']!() as Dynamic[]).at(-1)!;
    expect([last['index']!(), last['label']!(), last['disabled']!(), last['value']!()]).toEqual([2, 'l', true, 'c']);
  });

  it('numbers the rows and cells of tables', () => {
    const html = '<table><caption>t</caption><tfoot><tr><td>f</table>'.replace(
      '<tfoot>',
      '<thead><tr><th>h<tbody><tr><td>a<td colspan=2>b<tfoot>',
    );
    const cell = element(html, 'td:nth-child(2)');
    expect([cell['cellIndex']!(), cell['colSpan']!()]).toEqual([1, 2]);
    const row = cell['parentElement']!() as Dynamic;
    expect([row['rowIndex']!(), row['sectionRowIndex']!()]).toEqual([1, 0]);
    const table = element(html, 'table');
    expect((table['rows']!() as Dynamic[]).map((r) => r['textContent']!())).toEqual(['h', 'ab', 'f']);
    expect((table['caption']!() as Dynamic)['textContent']!()).toBe('t');
  });

  it('reflects attributes by the element they are on', () => {
    expect(element('<input maxlength=5 required>', 'input')['maxLength']!()).toBe(5);
    expect(element('<input required>', 'input')['required']!()).toBe(true);
    expect(element('<meta http-equiv=refresh>', 'meta')['httpEquiv']!()).toBe('refresh');
    expect(element('<progress value=1 max=4>', 'progress')['position']!()).toBe(0.25);
    expect(element('<constructor>', 'constructor')['nodeName']!()).toBe('constructor');
  });
});

it('parses any text with parseHTML', () => {
  const { parseHTML } = htmlModule(ctx) as { parseHTML: (source: string) => Selection };
  const doc = parseHTML('<p class=x>hi <b>you</b></p><p>two</p>');
  expect([doc.find('p').size(), doc.find('.x').html(), doc.text()]).toEqual([2, 'hi <b>you</b>', 'hi youtwo']);
});
