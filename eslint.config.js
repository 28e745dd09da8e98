import js from '@eslint/js'
import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['dist*/', 'node_modules/', 'data/', 'src/web/static/', 'fhir-profiles/'] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 400 }],
      'no-console': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true, argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Settings are read in src/config.ts alone.' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union of strings, or an object `as const`.' },
        { selector: 'TSModuleDeclaration[id.type="Identifier"]', message: 'Use a module.' },
        { selector: 'TSParameterProperty', message: 'Write the field and its assignment.' },
        { selector: 'Decorator', message: 'Call the function.' },
        { selector: 'ExportDefaultDeclaration', message: 'Export by name, so that it has one name everywhere.' },
      ],
    },
  },
  {
    files: ['src/config.ts', 'src/commands/**', 'test/**'],
    rules: { 'no-restricted-properties': 'off', 'no-console': 'off' },
  },
  { files: ['*.config.js'], rules: { 'no-restricted-syntax': 'off' } },
)
