import { testEverySearch } from './oracle/every-search.ts'

testEverySearch('P to Q')
