import { ecgImage } from './ecg-image.ts'
import { hospital } from './hospital.ts'
import type { Case, Doctor } from './hospital.ts'
import { pdfOf } from './pdf.ts'

/** A document of the demo: the file, and what its DocumentReference says about it. */
export interface DemoDocument {
  readonly title: string
  readonly fileName: string
  readonly contentType: string
  readonly bytes: Buffer
  readonly date: string
  /** LOINC. */
  readonly type: readonly [code: string, display: string]
}

/** A letter for each visit, and for the heart an ECG strip and for the others a note in plain text. */
export function documentsOf(found: Case, doctor: Doctor): DemoDocument[] {
  const last = found.visits.at(-1)!
  const letters = found.visits.map((visit, n) => letter(found, doctor, visit, n))
  const extra = doctor.specialty[1] === 'Cardiology' ? ecg(found, last) : plan(found, last)
  return [...letters, extra]
}

type Visit = Case['visits'][number]

function letter(found: Case, doctor: Doctor, visit: Visit, n: number): DemoDocument {
  const [date, systolic, diastolic, kg, rate] = visit
  const title = n === 0 ? `Consultation ${date}` : `Follow-up ${date}`
  const before = n === 0 ? undefined : found.visits[n - 1]
  const change = before
    ? `Compared with ${before[0]}, when the pressure was ${before[1]}/${before[2]} mmHg, this is ${systolic < before[1] ? 'an improvement' : 'unchanged'}.`
    : `The diagnosis is known since ${found.since}.`
  return {
    title,
    fileName: `${n === 0 ? 'consultation' : 'follow-up'}-${found.key}-${date}.pdf`,
    contentType: 'application/pdf',
    date,
    type: n === 0 ? ['11488-4', 'Consult note'] : ['11506-3', 'Progress note'],
    bytes: pdfOf({
      letterhead: `${hospital.name}, ${doctor.specialty[1]}`,
      title,
      facts: [
        ['Patient', `${found.given} ${found.family}`],
        ['Born', found.birthDate],
        ['Seen on', date],
        ['Diagnosis', found.condition[1]],
      ],
      paragraphs: [
        `${found.given} ${found.family} was seen in the outpatient clinic. ${change}`,
        `Findings: blood pressure ${systolic}/${diastolic} mmHg, heart rate ${rate}/min and regular at rest, weight ${kg.toFixed(1)} kg. Heart and lungs without new findings; no oedema.`,
        `Treatment: ${found.medication}. It is tolerated well and goes on unchanged.${found.allergy ? ` Note: ${found.allergy[1].toLowerCase()}.` : ''}`,
        'Plan: regular measurements at home, blood tests before the next visit, and an earlier visit if shortness of breath, dizziness or chest pain occur.',
      ],
      signature: `Dr. ${doctor.given} ${doctor.family}, licence ${doctor.licence}`,
    }),
  }
}

function ecg(found: Case, [date, , , , rate]: Visit): DemoDocument {
  return {
    title: `Resting ECG ${date}`,
    fileName: `ecg-${found.key}-${date}.png`,
    contentType: 'image/png',
    date,
    type: ['11524-6', 'EKG study'],
    bytes: ecgImage(rate),
  }
}

function plan(found: Case, [date, systolic, diastolic]: Visit): DemoDocument {
  const lines = [
    `Care plan for ${found.given} ${found.family}, ${date}`,
    '',
    `Diagnosis: ${found.condition[1]}`,
    `Medication: ${found.medication}`,
    `Target: blood pressure below 135/85 mmHg (today ${systolic}/${diastolic})`,
    'Exercise: half an hour of walking on five days a week',
    'Next visit: in six months',
    '',
  ]
  return {
    title: `Care plan ${date}`,
    fileName: `care-plan-${found.key}-${date}.txt`,
    contentType: 'text/plain',
    date,
    type: ['18776-5', 'Plan of care note'],
    bytes: Buffer.from(lines.join('\n'), 'utf8'),
  }
}
