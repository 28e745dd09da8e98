/**
 * How security labels stand in `labels` of a row and of a grant. The bits of confidentiality come first, those of sensitive
 * topics follow (access/labels.ts); `normal` stands only in grants, for rows without any label.
 */
export const labelBits = {
  restricted: 1,
  confidential: 0b11,
  every: (1 << 12) - 1,
  sensitive: ((1 << 12) - 1) & ~0b11,
  normal: 1 << 30,
  /** Of a grant that speaks of no label: all rows, whatever theirs. */
  any: -1,
} as const
