import { testEverySearch } from './oracle/every-search.ts'

testEverySearch('E to H')
