import { base, doctor } from './build-access.ts'
import { judging, me, to } from './judge-cases.ts'

const { all } = judging()
const media = (url: string) => ({
  resourceType: 'Media',
  status: 'completed',
  subject: to('Patient/1'),
  content: { url },
})
const report = (...urls: string[]) => ({
  resourceType: 'DiagnosticReport',
  status: 'final',
  subject: to('Patient/1'),
  presentedForm: urls.map((url) => ({ url })),
})

all('bytes of this server are held by documents', [
  {
    title: 'a DocumentReference names them',
    who: doctor(),
    after: { resourceType: 'DocumentReference', author: [me], content: [{ attachment: { url: 'Binary/1' } }] },
  },
  {
    title: 'a picture names them',
    who: doctor(),
    after: media('Binary/1'),
    refused: ['unprocessable', 'Media.content.url'],
  },
  {
    title: 'a picture names them by their whole address',
    who: doctor(),
    after: media(`${base}/Binary/1`),
    refused: ['unprocessable', 'Media.content.url'],
  },
  { title: 'a picture names bytes of elsewhere', who: doctor(), after: media('https://elsewhere.org/Binary/1') },
  { title: 'a picture names none', who: doctor(), after: { ...media(''), content: { title: 'A' } } },
  {
    title: 'a stored report keeps those that it has named ever since',
    who: doctor(),
    before: report('Binary/1'),
    after: report('Binary/1'),
  },
  {
    title: 'a stored report names others',
    who: doctor(),
    before: report('Binary/1'),
    after: report('Binary/1', 'Binary/2'),
    refused: ['unprocessable', 'DiagnosticReport.presentedForm[1].url'],
  },
])
