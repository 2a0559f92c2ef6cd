// Independent multiply-adds from registers: the most that this thread could do.

double NAME(peak)(long repeats) {
  enum { chains = DENSE_PEAK_CHAINS };
  vf acc[chains];
  FULLY_UNROLLED for (int i = 0; i < chains; i++) acc[i] = SPLAT((float)i * 1e-3f);
  volatile float opaque = 1e-4f;  // nothing to fold at compile time
  const vf factor = SPLAT(1.0f - opaque), addend = SPLAT(opaque);
  NOT_UNROLLED for (long r = 0; r < repeats; r++) {
    __asm__ volatile("" ::: "memory");
#if defined(__aarch64__)
    FULLY_UNROLLED for (int i = 0; i < chains; i++) acc[i] += factor * addend;  // fmla overwrites its addend
#else
    FULLY_UNROLLED for (int i = 0; i < chains; i++) acc[i] = acc[i] * factor + addend;
#endif
  }
  vf sum = acc[0];
  FULLY_UNROLLED for (int i = 1; i < chains; i++) sum += acc[i];
  volatile float sink = sum[0];
  (void)sink;
  return 2.0 * DENSE_LANES * chains * (double)repeats;
}
