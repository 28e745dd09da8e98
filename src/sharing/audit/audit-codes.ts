import type { Coding } from '../../fhir/resource.ts'

/** The code systems of audit events, and the codes that more than one place needs. */
const dcm = 'http://dicom.nema.org/resources/ontology/DCM'
const balp = 'https://profiles.ihe.net/ITI/BALP'

export const auditProfile = (name: string): string => `${balp}/StructureDefinition/IHE.BasicAudit.${name}`

export const dicom = (code: string): Coding => ({ system: dcm, code })
export const restful = (code: string): Coding => ({ system: 'http://hl7.org/fhir/restful-interaction', code })
export const participation = (code: string): Coding => ({
  system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType',
  code,
})
export const entityType = (code: string): Coding => ({
  system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type',
  code,
})
export const objectRole = (code: string): Coding => ({
  system: 'http://terminology.hl7.org/CodeSystem/object-role',
  code,
})
export const rest: Coding = { system: 'http://terminology.hl7.org/CodeSystem/audit-event-type', code: 'rest' }
export const disclosed: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle',
  code: 'disclose',
}
export const applicationServer: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/security-source-type',
  code: '4',
}
export const custodian: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/provenance-participant-type',
  code: 'custodian',
}
export const requestIdEntity: Coding = { system: `${balp}/CodeSystem/BasicAuditEntityType`, code: 'XrequestId' }
export const oauthUser: Coding = { system: `${balp}/CodeSystem/UserAgentTypes`, code: 'UserOauthAgent' }
export const authServer: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/extra-security-role-type',
  code: 'authserver',
}
export const roleClass = (code: string): Coding => ({
  system: 'http://terminology.hl7.org/CodeSystem/v3-RoleClass',
  code,
})
export const actReason = (code: string): Coding => ({
  system: 'http://terminology.hl7.org/CodeSystem/v3-ActReason',
  code,
})
export const provider: Coding = roleClass('PROV')
export const consentDecision: Coding = { system: `${balp}/CodeSystem/AuthZsubType`, code: 'AuthZ-Consent' }
export const consentEntity: Coding = { system: 'http://hl7.org/fhir/resource-types', code: 'Consent' }
