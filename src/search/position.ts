/** Metres; the mean radius of WGS 84. */
export const earthRadius = 6_371_008.8

export interface Circle {
  readonly latitude: number
  readonly longitude: number
  readonly metres: number
}

/** The degrees within which all of the circle lies, for an index. Around a pole that is every longitude. */
export function boxAround({ latitude, longitude, metres }: Circle) {
  const high = degrees(metres / earthRadius)
  const [south, north] = [Math.max(-90, latitude - high), Math.min(90, latitude + high)]
  const ratio = Math.sin(Math.min(metres / earthRadius, Math.PI / 2)) / Math.cos(radians(latitude))
  if (north === 90 || south === -90 || !(ratio < 1))
    return { south, north, west: -180, east: 180, acrossDateLine: false }
  const wide = degrees(Math.asin(ratio))
  const [west, east] = [longitude - wide, longitude + wide]
  const acrossDateLine = west < -180 || east > 180
  return { south, north, west: west < -180 ? west + 360 : west, east: east > 180 ? east - 360 : east, acrossDateLine }
}

/** Metres between two points, by the haversine formula. */
export function distance(
  { latitude, longitude }: Omit<Circle, 'metres'>,
  to: { readonly latitude: number; readonly longitude: number },
): number {
  const half = (angle: number) => Math.sin(radians(angle) / 2) ** 2
  const chord =
    half(to.latitude - latitude) +
    Math.cos(radians(latitude)) * Math.cos(radians(to.latitude)) * half(to.longitude - longitude)
  return 2 * earthRadius * Math.asin(Math.min(1, Math.sqrt(chord)))
}

function radians(angle: number): number {
  return (angle * Math.PI) / 180
}

function degrees(angle: number): number {
  return (angle * 180) / Math.PI
}
