/** What the architecture rules need to know of one file, read with TypeScript's own parser. */
import * as ts from 'typescript';

export interface SourceText {
  /** From the root of the repository, with '/'. */
  readonly path: string;
  readonly text: string;
}

export interface SourceFacts {
  readonly path: string;
  readonly lines: number;
  /** Everything that names another module: import, export from, import(), require(), import types. */
  readonly specifiers: readonly string[];
  readonly hasDefaultExport: boolean;
  readonly hasReexport: boolean;
  readonly enums: readonly string[];
  readonly anyCount: number;
  /** Names used as values or types that are neither declared in the file nor imported, and `a.b` for the watched ones. */
  readonly globals: ReadonlySet<string>;
}

export function readFacts({ path, text }: SourceText): SourceFacts {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const specifiers: string[] = [];
  const enums: string[] = [];
  const globals = new Set<string>();
  let hasDefaultExport = false;
  let hasReexport = false;
  let anyCount = 0;

  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) specifiers.push(specifier);
    if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) hasReexport = true;
    if (ts.isExportAssignment(node) || hasModifier(node, ts.SyntaxKind.DefaultKeyword)) hasDefaultExport = true;
    if (ts.isExportSpecifier(node) && node.name.text === 'default') hasDefaultExport = true;
    if (ts.isEnumDeclaration(node)) enums.push(node.name.text);
    if (node.kind === ts.SyntaxKind.AnyKeyword) anyCount++;
    const global = globalOf(node);
    if (global !== undefined) globals.add(global);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return { path, lines: text.trimEnd().split('\n').length, specifiers, hasDefaultExport, hasReexport, enums, anyCount, globals };
}

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier);
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? textOf(node.argument.literal) : undefined;
  if (ts.isImportEqualsDeclaration(node))
    return ts.isExternalModuleReference(node.moduleReference) ? textOf(node.moduleReference.expression) : undefined;
  if (!ts.isCallExpression(node)) return undefined;
  // Here, and only here, the compiler asks for the extension.
  if (node.expression.kind === ts.SyntaxKind.ImportKeyword) return textOf(node.arguments[0])?.replace(/^(\..*)\.js$/, '$1');
  return ts.isIdentifier(node.expression) && node.expression.text === 'require' ? textOf(node.arguments[0]) : undefined;
}

/** What is not in the source text cannot be judged, so it counts as forbidden. */
function textOf(node: ts.Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  return ts.isStringLiteralLike(node) ? node.text : '(computed)';
}

function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some((modifier) => modifier.kind === kind);
}

const WATCHED_MEMBERS = new Set(['Date.now', 'Math.random', 'performance.now']);

/** `Date.now`, `Math.random`; `new Date()` without an argument as `new Date`; else a bare identifier that stands for a value. */
function globalOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const member = `${node.expression.text}.${node.name.text}`;
    return WATCHED_MEMBERS.has(member) ? member : undefined;
  }
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Date' && !node.arguments?.length)
    return 'new Date';
  if (!ts.isIdentifier(node)) return undefined;
  const { parent } = node;
  const isName =
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    ((ts.isPropertySignature(parent) ||
      ts.isPropertyDeclaration(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent)) &&
      parent.name === node);
  return isName ? undefined : node.text;
}
