import { testEverySearch } from './oracle/every-search.ts'

testEverySearch('I to L')
