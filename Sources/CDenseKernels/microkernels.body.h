// The two loops in which a network's time goes. Both keep `n` x `vectors` accumulators in registers (see
// every_isa.h for the budget) and do one multiply-add per product, with no other traffic than their operands.

/// out[n, 16 * vectors] (+)= for each of n pixels: sum over r < rows, j < length of pixel[r * row_stride + j] * w[r, j, :].
///
/// A kernel row of a channels-last convolution, (column, channel), is contiguous in the input; so a convolution of
/// any kernel size, stride and pixel order is this loop.
ALWAYS_INLINE void NAME(dot_n)(const int n, const int vectors, float *restrict out, int out_stride, int accumulate,
                               const float *const *pixel, int rows, ptrdiff_t row_stride, int length,
                               const float *restrict w, int w_stride) {
  vf acc[DENSE_PIXELS][DENSE_VECTORS];
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) {
      acc[i][v] = accumulate ? LOAD(out + i * out_stride + v * DENSE_LANES) : SPLAT(0.0f);
    }
  }
  for (int r = 0; r < rows; r++) {
    const ptrdiff_t begin = r * row_stride, end = begin + length;
    NOT_UNROLLED for (ptrdiff_t j = begin; j < end; j++) {
      vf weight[DENSE_VECTORS];
      FULLY_UNROLLED for (int v = 0; v < vectors; v++) weight[v] = LOAD(w + v * DENSE_LANES);
      w += w_stride;
      FULLY_UNROLLED for (int i = 0; i < n; i++) {
        const vf a = SPLAT(pixel[i][j]);
        FULLY_UNROLLED for (int v = 0; v < vectors; v++) acc[i][v] += a * weight[v];
      }
    }
  }
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) STORE(out + i * out_stride + v * DENSE_LANES, acc[i][v]);
  }
}

/// dw[n, 16 * vectors] += sum over images, rows and columns of a[.., 0..<n] (outer product) dy[.., :].
ALWAYS_INLINE void NAME(outer_n)(const int n, const int vectors, float *restrict dw, int w_stride, const float *a,
                                 ptrdiff_t a_image, ptrdiff_t a_row, ptrdiff_t a_step, const float *dy,
                                 ptrdiff_t dy_image, ptrdiff_t dy_row, int dy_step, int images, int rows, int columns) {
  vf acc[DENSE_PIXELS][DENSE_VECTORS];
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) acc[i][v] = LOAD(dw + i * w_stride + v * DENSE_LANES);
  }
  for (int m = 0; m < images; m++) {
    for (int r = 0; r < rows; r++) {
      const float *ap = a + m * a_image + r * a_row, *dp = dy + m * dy_image + r * dy_row;
      NOT_UNROLLED for (int c = 0; c < columns; c++) {
        vf gradient[DENSE_VECTORS];
        FULLY_UNROLLED for (int v = 0; v < vectors; v++) gradient[v] = LOAD(dp + v * DENSE_LANES);
        FULLY_UNROLLED for (int i = 0; i < n; i++) {
          const vf x = SPLAT(ap[i]);
          FULLY_UNROLLED for (int v = 0; v < vectors; v++) acc[i][v] += x * gradient[v];
        }
        ap += a_step;
        dp += dy_step;
      }
    }
  }
  FULLY_UNROLLED for (int i = 0; i < n; i++) {
    FULLY_UNROLLED for (int v = 0; v < vectors; v++) STORE(dw + i * w_stride + v * DENSE_LANES, acc[i][v]);
  }
}

// One compiled loop per count, so that no remainder falls back to slow code.
#define CASES_TO_2(f, v, ...) case 1: NAME(f)(1, v, __VA_ARGS__); break; case 2: NAME(f)(2, v, __VA_ARGS__); break;
#define CASES_TO_6(f, v, ...) CASES_TO_2(f, v, __VA_ARGS__) \
  case 3: NAME(f)(3, v, __VA_ARGS__); break; case 4: NAME(f)(4, v, __VA_ARGS__); break; \
  case 5: NAME(f)(5, v, __VA_ARGS__); break; case 6: NAME(f)(6, v, __VA_ARGS__); break;
#define CASES_TO_14(f, v, ...) CASES_TO_6(f, v, __VA_ARGS__) \
  case 7: NAME(f)(7, v, __VA_ARGS__); break; case 8: NAME(f)(8, v, __VA_ARGS__); break; \
  case 9: NAME(f)(9, v, __VA_ARGS__); break; case 10: NAME(f)(10, v, __VA_ARGS__); break; \
  case 11: NAME(f)(11, v, __VA_ARGS__); break; case 12: NAME(f)(12, v, __VA_ARGS__); break; \
  case 13: NAME(f)(13, v, __VA_ARGS__); break; case 14: NAME(f)(14, v, __VA_ARGS__); break;
#if DENSE_PIXELS == 14
#define CASES CASES_TO_14
#elif DENSE_PIXELS == 6
#define CASES CASES_TO_6
#else
#define CASES CASES_TO_2
#endif

/// One block of up to DENSE_BLOCK output channels (`width` of them) for n pixels: out[n, width].
static void NAME(dot)(int n, int width, float *out, int accumulate, const float *const *pixel, int rows,
                      ptrdiff_t row_stride, int length, const float *w) {
#if DENSE_VECTORS == 2
  if (width == 2 * DENSE_LANES) {
    switch (n) { CASES(dot_n, 2, out, width, accumulate, pixel, rows, row_stride, length, w, width) }
    return;
  }
#endif
  for (int k = 0; k < width; k += DENSE_LANES) {
    switch (n) { CASES(dot_n, 1, out + k, width, accumulate, pixel, rows, row_stride, length, w + k, width) }
  }
}

/// The weight gradient of `length` consecutive packed weights of one block, over images x rows x columns pixels.
static void NAME(outer)(int length, int width, float *dw, const float *a, ptrdiff_t a_image, ptrdiff_t a_row,
                        ptrdiff_t a_step, const float *dy, ptrdiff_t dy_image, ptrdiff_t dy_row, int dy_step, int images,
                        int rows, int columns) {
  const int groups = (length + DENSE_PIXELS - 1) / DENSE_PIXELS, step = (length + groups - 1) / groups;
  for (int j = 0; j < length; j += step) {
    const int n = min_int(step, length - j);
#if DENSE_VECTORS == 2
    if (width == 2 * DENSE_LANES) {
      switch (n) {
        CASES(outer_n, 2, dw + j * width, width, a + j, a_image, a_row, a_step, dy, dy_image, dy_row, dy_step, images,
              rows, columns)
      }
      continue;
    }
#endif
    for (int k = 0; k < width; k += DENSE_LANES) {
      switch (n) {
        CASES(outer_n, 1, dw + j * width + k, width, a + j, a_image, a_row, a_step, dy + k, dy_image, dy_row, dy_step,
              images, rows, columns)
      }
    }
  }
}

#undef CASES
#undef CASES_TO_2
#undef CASES_TO_6
#undef CASES_TO_14
