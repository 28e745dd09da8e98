import type { Found } from './fhirpath-values.ts'

interface Position {
  readonly latitude: number
  readonly longitude: number
}

const kilometresPerUnit: Readonly<Record<string, number>> = { km: 1, m: 0.001 }

/** `[latitude]|[longitude]|[distance]|[units]`; kilometres, and 50 of them, where nothing is said. */
export function positionMatches(query: string, { value }: Found): boolean {
  const [latitude, longitude, distance = '50', unit = 'km'] = query.split('|')
  const [a, b] = [
    unitVector(value as Position),
    unitVector({ latitude: Number(latitude), longitude: Number(longitude) }),
  ]
  const cosine = a.reduce((sum, part, n) => sum + part * b[n]!, 0)
  return Math.acos(Math.min(1, cosine)) * 6371 <= Number(distance) * kilometresPerUnit[unit]!
}

export function positionForms({ value }: Found): string[] {
  const { latitude, longitude } = value as Position
  const north = latitude > 0 ? latitude - 1 : latitude + 1
  return [
    `${latitude}|${longitude}`,
    `${latitude}|${longitude}|1|m`,
    `${north}|${longitude}|110|km`,
    `${north}|${longitude}|112|km`,
  ]
}

function unitVector({ latitude, longitude }: Position): readonly number[] {
  const [north, east] = [(Number(latitude) * Math.PI) / 180, (Number(longitude) * Math.PI) / 180]
  return [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)]
}
