/** How the kernel is compiled: the build does it, and tests that compile copies of it with something changed. */

/** Pages of 64 KiB, which reach to the table of src/kernel/wasm/memory.ts and a little into it. */
const KERNEL_PAGES_AT_FIRST = 2976;
/** A warning of the compiler about functions that no one outside calls. */
const VECTORS_ARE_EXCHANGED = 112;

/** Arguments of asc. The kernel needs no runtime: it lays out its memory by itself, of which the first part is there at once. */
export function kernelCompilerArguments(source, target, optimizeLevel = 3) {
  const options = ['--runtime', 'stub', '--use', 'abort=', '--noAssert', '--optimizeLevel', String(optimizeLevel), '--shrinkLevel', '0'];
  const memory = ['--initialMemory', String(KERNEL_PAGES_AT_FIRST), '--maximumMemory', '65536'];
  const features = ['--enable', 'simd', '--enable', 'bulk-memory', '--disableWarning', String(VECTORS_ARE_EXCHANGED)];
  return [source, '-o', target, ...options, ...memory, ...features];
}
