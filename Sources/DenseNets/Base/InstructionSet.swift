/// An x86 or portable instruction set that the kernels are compiled for.
public enum InstructionSet: String, Sendable, CaseIterable {
  case generic, avx2, avx512
  /// AVX-512 with bf16 products and conversions; in fp32 it is ``avx512``.
  case avx512bf16
}
