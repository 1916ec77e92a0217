import { readFileSync } from 'node:fs';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Which folder may import what: one table for ESLint, which says it while one types, and for the architecture test, which decides. */
const { folders } = JSON.parse(readFileSync(new URL('test/architecture/import-rules.json', import.meta.url), 'utf8'));

const houseRules = {
  'no-restricted-syntax': [
    'error',
    { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' },
    { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
    { selector: 'ExportAllDeclaration', message: 'Import from the file that holds it.' },
  ],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
  '@typescript-eslint/no-confusing-void-expression': 'off',
  // A sink or a source may answer at once; its interface says Promise all the same.
  '@typescript-eslint/require-await': 'off',
};

/** Tests say what they expect in the shortest way. */
const testRules = {
  '@typescript-eslint/no-non-null-assertion': 'off',
  '@typescript-eslint/no-unsafe-assignment': 'off',
  '@typescript-eslint/unbound-method': 'off',
};

export default tseslint.config(
  // The kernel is AssemblyScript, which its own compiler checks.
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**', '.tallyline/**', 'src/kernel/wasm/**', 'bench/.*/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { project: './tsconfig.test.json', tsconfigRootDir: import.meta.dirname } },
    rules: houseRules,
  },
  { files: ['test/**/*.ts', 'bench/**/*.ts'], rules: testRules },
  { files: ['**/*.mjs', '**/*.js'], extends: [tseslint.configs.recommended], rules: { '@typescript-eslint/no-require-imports': 'off' } },
  ...Object.entries(folders).map(([folder, rule]) => ({
    files: [`src/${folder}/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns: importPatterns(folder, rule) }] },
  })),
  prettier,
);

/** Whatever is not allowed is forbidden: other folders of src, Node's modules, packages. */
function importPatterns(folder, rule) {
  const mayNotImport = Object.keys(folders).filter((other) => other !== folder && !rule.folders.includes(other));
  const files = rule.files.map((file) => `${file}$`);
  const packages = [...rule.packages.map((name) => `${name}(?:/|$)`), ...(rule.node ? ['node:'] : [])];
  return [
    {
      regex: `^(?:\\.\\./)+${files.length === 0 ? '' : `(?!${files.join('|')})`}(?:${mayNotImport.join('|')})/`,
      message: `src/${folder} may not import this folder (test/architecture/import-rules.json).`,
    },
    {
      regex: `^(?!\\.${packages.map((name) => `|${name}`).join('')})`,
      message: `src/${folder} may not import this package (test/architecture/import-rules.json).`,
    },
  ];
}
