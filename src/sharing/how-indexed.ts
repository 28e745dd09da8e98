import { labelsOf } from '../access/labels.ts'
import type { Ordered } from '../search/in-order.ts'

/** What somebody got and sent is read newest first: a page of it costs the same, however many messages there are. */
const mailboxes: Ordered = { Communication: { references: ['recipient', 'sender'], by: 'sent' } }

/** What the index holds beside the search parameters; whoever writes it has to agree with whoever reads it. */
export const howIndexed = { labels: labelsOf, inOrder: mailboxes }
