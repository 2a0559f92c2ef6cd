#include <string.h>

#include "isa/kernel_table.h"
#include "isa/simd.h"
#include "isa/unroll.h"
#include "maps/window_maximum.h"

typedef float v8 __attribute__((ext_vector_type(8)));
typedef float v8_unaligned __attribute__((ext_vector_type(8), aligned(4)));

enum {
  STEM_SIDE = 8,       // rows at a time, and columns of a block of the weight gradient
  STEM_BAND = 1 << 15,  // floats of the convolution's output at a time, so that they stay in cache
  STEM_PIXELS = 32,    // pooled pixels at a time
  STEM_SUMS = 27,      // sums of second moments at a time, in registers
};

/// An image's input, padded: what the windows see. Zeros around it let vectors reach beyond a window.
typedef struct {
  float *data;  // row 0, column 0 of the padded image
  int rows, columns, channels;
  ptrdiff_t row;
} stem_input;

ALWAYS_INLINE int stem_rows(const dense_conv_shape *s) { return (s->out_height - 1) * s->stride_h + s->kernel_h; }
ALWAYS_INLINE int stem_columns(const dense_conv_shape *s) { return (s->out_width - 1) * s->stride_w + s->kernel_w; }
ALWAYS_INLINE int stem_reach(const dense_conv_shape *s) { return round_up(s->kernel_w * s->in_channels, DENSE_LANES) + DENSE_LANES; }
ALWAYS_INLINE ptrdiff_t stem_row(const dense_conv_shape *s) { return round_up(stem_columns(s) * s->in_channels + 2 * stem_reach(s), DENSE_LANES); }

/// Rows of pooled pixels whose windows' convolution fits the band.
static int stem_band_rows(const dense_stem_shape *s) {
  const int rows = STEM_BAND / (s->conv.out_width * s->conv.out_channels);
  return min_int(s->pool.out_height, max_int(1, (rows - s->pool.kernel) / s->pool.stride + 1));
}

static ptrdiff_t stem_input_floats(const dense_conv_shape *s) { return (stem_rows(s) + STEM_SIDE) * stem_row(s); }

/// Rows `from_row` to `to_row` of an image's padded input, each in its place.
static stem_input stem_fill(float *scratch, const dense_conv_shape *s, const float *x, const float *center, int from_row, int to_row) {
  const int channels = s->in_channels;
  const stem_input in = {scratch + stem_reach(s), stem_rows(s), stem_columns(s), channels, stem_row(s)};
  const int end_row = to_row == in.rows ? to_row + STEM_SIDE : to_row;
  memset(scratch + from_row * in.row, 0, (end_row - from_row) * in.row * sizeof(float));
  const int first = max_int(0, min_int(s->pad_w, in.columns)), last = max_int(first, min_int(in.columns, s->width + s->pad_w));
  for (int h = from_row; h < to_row; h++) {
    float *row = in.data + h * in.row;
    const int from = h - s->pad_h;
    if (from >= 0 && from < s->height) {
      memcpy(row + first * channels, x + ((ptrdiff_t)from * s->width + first - s->pad_w) * channels,
             (size_t)(last - first) * channels * sizeof(float));
    }
    if (!center) continue;
    if (channels == 1) {
      for (int w = 0; w < in.columns; w++) row[w] -= *center;
    } else {
      for (int w = 0; w < in.columns; w++) {
        for (int c = 0; c < channels; c++) row[w * channels + c] -= center[c];
      }
    }
  }
  return in;
}

#define DENSE_MAPS
#define DENSE_BODY "stem/stem.body.h"
#include "isa/foreach_isa.h"

ptrdiff_t dense_stem_scratch(const dense_stem_shape *s) {
  const int rows = (stem_band_rows(s) - 1) * s->pool.stride + s->pool.kernel;
  return stem_input_floats(&s->conv) + (ptrdiff_t)rows * s->conv.out_width * s->conv.out_channels + DENSE_LANES;
}

int dense_stem_taps(const dense_conv_shape *s) {
  return round_up(s->kernel_h, STEM_SIDE) * round_up(s->kernel_w * s->in_channels, STEM_SIDE);
}

int dense_stem_lags(const dense_conv_shape *s) { return round_up((2 * s->kernel_w - 1) * s->in_channels, DENSE_LANES); }
