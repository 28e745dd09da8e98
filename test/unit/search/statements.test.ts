import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { projectRoot } from '../../../src/project-root.ts'
import { all, and, type Clause, none, not, or } from '../../../src/search/clause.ts'
import { visible } from '../../../src/search/guard.ts'
import {
  clauseSql,
  countStatement,
  resolveStatement,
  narrowCount,
  narrowStatement,
  searchStatement,
} from '../../../src/search/sql.ts'
import { parse, rid, search } from './search-parts.ts'

const everything = () => all
const version = { alias: 'v', type: 'Observation', of: 'version' } as const

/** The access of a doctor who is the general practitioner of some and holds grants of others. */
function doctor(type: string): Clause {
  const me = { type: 'Practitioner', rid: rid('Practitioner', 'gp') }
  const patients = search.refersTo('Patient', 'general-practitioner', me)
  return or(type === 'Patient' ? patients : { op: 'chain', by: 'patient', target: 'Patient', where: patients }, {
    op: 'granted',
    grantees: [me.rid],
    at: 1,
    purposes: 1,
    covers: 'row',
    effect: 'permit',
  })
}

const canonical: readonly (readonly [query: string, access: (type: string) => Clause])[] = [
  ['Patient?_id=anna', everything],
  ['Patient?identifier=urn:mrn|1', everything],
  ['Patient?name=anna', everything],
  ['Patient?name:contains=nn&gender=female', everything],
  ['Patient?_sort=family,-birthdate', everything],
  ['Patient?_sort=-family', everything],
  ['Observation?', everything],
  ['Observation?_sort=-_lastUpdated&_lastUpdated=gt2025', everything],
  ['Observation?patient=anna&_sort=-date', everything],
  ['Observation?patient=anna&code=http://loinc.org|1234-5&date=ge2025&date=lt2026', everything],
  ['Observation?code=http://loinc.org|1234-5&_sort=-date', everything],
  ['Observation?status:not=final&category:missing=true', everything],
  ['Observation?value-quantity=gt5.4|http://unitsofmeasure.org|mg&code=1,2', everything],
  ['Encounter?date=ge2025-11&_sort=date', everything],
  ['Encounter?date=ge2025-11-01T00:00:00Z&_sort=date', everything],
  ['Observation?code:text=body weight', everything],
  ['Patient?_profile:below=http://hl7.org/fhir', everything],
  ['Patient?identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|1', everything],
  ['Observation?code-value-quantity=http://loinc.org|29463-7$gt80|http://unitsofmeasure.org|kg', everything],
  ['Observation?combo-code-value-quantity=8480-6$gt140&_sort=-date', everything],
  ['Observation?component-code-value-concept:missing=false', everything],
  ['Location?near=52.5|13.4|10|km', everything],
  ['Location?near=0|179.9', everything],
  ['Appointment?patient=anna', everything],
  ['MedicationRequest?date=2025', everything],
  ['DocumentReference?patient.identifier=urn:mrn|1', everything],
  ['Observation?encounter.class=AMB', everything],
  ['QuestionnaireResponse?questionnaire.title=a', everything],
  ['Patient?_has:Condition:patient:code=1', everything],
  ['Practitioner?_has:Encounter:practitioner:patient=anna', everything],
  ['Observation?patient=anna&_include=Observation:encounter&_include=Observation:patient', everything],
  ['DocumentReference?_id=d&_revinclude=Provenance:target&_revinclude=DocumentReference:relatesto', everything],
  ['Observation?_content=(bone OR liver*) "low density" -pain&_text:missing=false', everything],
  ['Patient?_filter=name co pet and (birthdate ge 1980 or not(active eq true))', everything],
  ['DocumentReference?_content=bone', doctor],
  ['DocumentReference?_filter=patient.name ew anna or description ne a', doctor],
  ['DocumentReference?_sort=-date', doctor],
  ['DocumentReference?patient.name=anna', doctor],
  ['DocumentReference?patient=anna', doctor],
]

function statementOf(query: string, access: (type: string) => Clause) {
  const [type = '', parameters] = query.split('?')
  return searchStatement(parse(type, parameters ?? ''), access)
}

function narrowOf(query: string, access: (type: string) => Clause) {
  const [type = '', parameters] = query.split('?')
  return narrowStatement(parse(type, parameters ?? ''), access)
}

/**
 * A change of plan shows here before it shows in production. `RECORD=1` writes the file anew.
 */
test('the statements of the canonical searches are the recorded ones', () => {
  const file = join(projectRoot, 'test', 'unit', 'search', 'canonical-statements.sql')
  const texts = canonical.flatMap(([query, access]) => {
    const about = `-- ${query}${access === doctor ? ' (a doctor)' : ''}`
    const { text, sharesPlan } = statementOf(query, access)
    const first = narrowOf(query, access)
    return [
      ...(first ? [`${about} (first, prepared)\n${first.text};\n`] : []),
      `${about}${sharesPlan ? ' (prepared)' : ''}\n${text};\n`,
    ]
  })
  const made = texts.join('\n')
  if (process.env['RECORD']) writeFileSync(file, made)
  assert.equal(made, readFileSync(file, 'utf8'))
})

describe('text and values', () => {
  test('no text holds what a client sent, and every value is used', () => {
    for (const [query, access] of canonical) {
      const { text, values } = statementOf(query, access)
      for (const sent of ['anna', 'urn:', 'loinc', '1234', 'family', 'AMB']) assert.ok(!text.includes(sent), query)
      for (let n = 1; n <= values.length; n++) assert.match(text, new RegExp(`\\$${n}(?!\\d)`), `${query}: $${n}`)
    }
  })

  test('other values have the same text, another question another', () => {
    const text = (query: string) => statementOf(query, everything).text
    assert.equal(text('Patient?identifier=a|1'), text('Patient?identifier=b|2'))
    assert.notEqual(text('Patient?identifier=a|1'), text('Patient?identifier=a|1,b|2'))
  })

  test('a search that its values make cheap or dear is planned for them; others share a plan', () => {
    assert.equal(statementOf('Observation?code=1', everything).sharesPlan, false)
    assert.equal(statementOf('Observation?code=1&patient=anna', everything).sharesPlan, true)
  })

  test('signs that mean something to LIKE are text', () => {
    const { values } = statementOf('Patient?name:contains=a$\\\\b', everything)
    assert.ok(values.includes('%a$b%'))
  })

  test('strings are looked for in their own index first, unless something better is known or they stand inside of texts', () => {
    for (const query of ['Patient?name=anna', 'Patient?family:exact=Anna', 'Patient?name=anna,berta&gender=female']) {
      assert.equal(narrowOf(query, everything)?.sharesPlan, true, query)
    }
    for (const query of ['Patient?name=anna&_id=1', 'Patient?name:contains=nn', 'Patient?gender=female', 'Patient?']) {
      assert.equal(narrowOf(query, everything), undefined, query)
    }
  })

  test('so are codes, where it has to be found out who may see what, and what a chain to the patient looks for', () => {
    for (const query of [
      'Condition?code=1',
      'Observation?patient.name=anna',
      'Patient?_has:Condition:patient:code=1',
    ]) {
      assert.equal(narrowOf(query, doctor)?.sharesPlan, true, query)
    }
    assert.equal(narrowOf('Condition?code=1&patient=anna', doctor), undefined)
    assert.equal(narrowOf('Condition?code=1', everything), undefined)
  })

  test('what a doctor knows is looked at first where nothing rarer is asked, and always where it is counted', () => {
    const reached = /t\.pat = any\(array\(/
    for (const query of ['Observation?status=final', 'Condition?code:not=1', 'Condition?']) {
      assert.match(narrowOf(query, doctor)!.text, reached, query)
      assert.equal(narrowOf(query, everything), undefined, query)
    }
    const count = narrowCount(parse('Condition', ''), doctor)!
    assert.match(count.text, reached)
    assert.equal(count.sharesPlan, true)
    assert.equal(narrowCount(parse('Condition', ''), everything), undefined)
  })

  test('what was found to be much is not looked for first again', () => {
    const request = parse('Condition', 'code=1&_sort=-recorded-date')
    const rare = narrowStatement(request, doctor)!
    const known = narrowStatement(request, doctor, (one) => one === rare.start)!
    assert.notEqual(known.start, rare.start)
    assert.equal(
      narrowStatement(request, doctor, (one) => [rare.start, known.start].includes(one)),
      undefined,
    )
    const others = narrowStatement(parse('Condition', 'code=2'), doctor, (one) => one === rare.start)!
    assert.equal(others.text, narrowStatement(parse('Condition', 'code=2'), doctor)!.text)
    assert.notEqual(others.start, known.start)
  })

  test('a type that is no name never becomes part of a statement', () => {
    const request = { ...parse('Patient', ''), type: 'Patient"; drop table patient; --' }
    assert.throws(() => searchStatement(request, everything), /must never become part of a statement/)
  })
})

describe('access', () => {
  const noPatients = (type: string): Clause => (type === 'Patient' ? none : all)

  test('a chain over a type that may not be seen finds nothing', () => {
    const { text } = statementOf('Observation?patient.identifier=1', noPatients)
    assert.ok(!text.includes('"patient"'))
    assert.match(text, /where false/)
  })

  test('a reverse chain over a type that may not be seen finds nothing', () => {
    const { text } = statementOf('Organization?_has:Patient:organization:gender=male', noPatients)
    assert.ok(!text.includes('"patient"'))
  })

  test('what a chain leads to meets the access of its own type, however deep', () => {
    const labelled = (type: string): Clause => ({ op: 'labels', allowed: type === 'Organization' ? 7 : 5 })
    const request = parse('Observation', 'patient.organization.name=a')
    const { text, values } = countStatement(request, labelled)
    assert.equal(text.match(/\.labels & ~/g)?.length, 3)
    assert.deepEqual(values.filter((value) => value === 7).length, 1)
  })

  test('a conditional interaction looks through no chain that its caller may not follow', () => {
    const where = visible('Observation', parse('Observation', 'patient.identifier=1').where, noPatients)
    assert.deepEqual(where, none)
    const { text } = resolveStatement([{ type: 'Observation', where }])
    assert.ok(!text.includes('"patient"'))
  })

  test('nothing is included of a type that may not be seen', () => {
    const { text } = statementOf('Observation?_include=Observation:patient', noPatients)
    assert.ok(!text.includes('"patient'))
  })

  test('included rows meet the access of their own type', () => {
    const labelled = (type: string): Clause => (type === 'Encounter' ? { op: 'labels', allowed: 9 } : all)
    const { values } = statementOf('Observation?patient=anna&_include=Observation:encounter', labelled)
    assert.ok(values.includes(9))
  })
})

describe('a version is judged by its own row', () => {
  const sqlOf = (clause: Clause) => clauseSql(clause, version, [])
  const me = { type: 'Practitioner', rid: rid('Practitioner', 'gp') }
  const performed = search.refersTo('Observation', 'performer', me)
  const byMethod = search.parameter('Observation', 'method', 'm')
  const dated = search.parameter('Observation', 'date', '2020')
  const named = search.parameter('Observation', 'value-string', 'a')

  test('keys are looked up among those that stand beside the version', () => {
    assert.match(sqlOf(performed), /^v\.akeys @> array/)
    assert.match(sqlOf(search.parameter('Observation', 'status', 'final')), /^v\.akeys @> array/)
  })

  test('what the row cannot tell is never true, neither said nor denied', () => {
    for (const unknown of [dated, named]) {
      assert.equal(sqlOf(unknown), 'false')
      assert.match(sqlOf(not(unknown)), /^not \(true\)$|^\(\(true\) is not true\)$/)
    }
  })

  test('a key that is never beside a version is not found, and its absence is not believed', () => {
    assert.match(sqlOf(byMethod), /^v\.akeys @> array/)
    assert.equal(sqlOf(not(byMethod)), 'not (true)')
    assert.equal(sqlOf(search.parameter('Observation', 'method:missing', 'true')), 'not (true)')
  })

  test('a doubt stays a doubt below two negations', () => {
    assert.equal(sqlOf(not({ op: 'not', of: dated })), 'not (((false) is not true))')
  })

  test('what is known keeps its meaning below a negation', () => {
    assert.match(sqlOf(not(performed)), /^not \(v\.akeys @> array/)
    assert.match(sqlOf(not({ op: 'patient', any: [1n] })), /^\(\(v\.pat = .*\) is not true\)$/)
  })

  test('other rows are looked up for it, never collected', () => {
    const patients = search.refersTo('Patient', 'general-practitioner', me)
    const text = sqlOf(and({ op: 'chain', by: 'patient', target: 'Patient', where: patients }, performed))
    assert.match(text, /exists \(select from "patient" vx where vx\.rid = v\.pat/)
    assert.ok(!text.includes('array(select'))
  })
})
