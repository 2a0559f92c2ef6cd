#include "microkernels/dot_product.body.h"
#include "microkernels/outer_product.body.h"
#include "maps/moments.body.h"
#include "convolution/prefetch.body.h"

// A convolution, tile by tile: fill a padded tile with what the convolution sees (normalised, rectified, pooled),
// run the dot-product or outer-product loop over it, and finish the result while it is in cache.

/// Part of a map that lies padded in scratch.
typedef struct {
  float *data;
  ptrdiff_t image, row;  // floats from one image or row to the next
  int step;              // floats from one pixel to the next
} NAME(tile);

/// One pixel as it is; raw input has any number of channels.
ALWAYS_INLINE void NAME(copy_pixel)(float *restrict dst, const MAP *restrict x, int channels) {
#ifdef DENSE_HALF_MAPS
  for (int c = 0; c < channels; c += DENSE_LANES) STORE(dst + c, LOAD_MAP(x + c));
#else
  memcpy(dst, x, channels * sizeof(float));
#endif
}

/// dst[0..<count] pixels of `channels` = max(x * scale + shift, 0), or x where there is no scale.
ALWAYS_INLINE void NAME(prologue)(float *restrict dst, const MAP *restrict x, const float *scale, const float *shift,
                                  int count, int channels, int x_step) {
  if (!scale) {
    for (int p = 0; p < count; p++, dst += channels, x += x_step) NAME(copy_pixel)(dst, x, channels);
    return;
  }
  for (int p = 0; p < count; p++, dst += channels, x += x_step) {
    const MAP *next = x + (ptrdiff_t)PREFETCHED_PIXELS * x_step;
    for (int c = 0; c < channels; c += DENSE_LANES) {
      PREFETCH(next + c);
      const vf z = LOAD_MAP(x + c) * LOAD(scale + c) + LOAD(shift + c);
      STORE(dst + c, RELU(z));
    }
  }
}

/// One pixel: the mean of max(x * scale + shift, 0) over a pool_h x pool_w window.
ALWAYS_INLINE void NAME(pooled_prologue)(float *restrict dst, const MAP *x, const float *scale, const float *shift,
                                         const dense_conv_shape *s) {
  const float inverse = 1.0f / (float)(s->pool_h * s->pool_w);
  for (int c = 0; c < s->in_channels; c += DENSE_LANES) {
    vf sum = SPLAT(0.0f);
    for (int i = 0; i < s->pool_h; i++) {
      const MAP *row = x + (ptrdiff_t)i * s->width * s->in_stride + c;
      for (int j = 0; j < s->pool_w; j++) {
        PREFETCH(row + (ptrdiff_t)(j + PREFETCHED_PIXELS / 2) * s->in_stride);
        vf z = LOAD_MAP(row + (ptrdiff_t)j * s->in_stride);
        if (scale) {
          z = z * LOAD(scale + c) + LOAD(shift + c);
          z = RELU(z);
        }
        sum += z;
      }
    }
    STORE(dst + c, sum * inverse);
  }
}

/// The input of output rows from `row` on of `images` images: `tile_rows` x `columns` pixels, zeros where there is none.
static NAME(tile) NAME(fill_input)(float *scratch, const dense_conv_shape *s, const MAP *x, const float *scale,
                                   const float *shift, int image, int images, int row, int tile_rows, int columns) {
  const int channels = s->in_channels;
  const NAME(tile) tile = {scratch, (ptrdiff_t)tile_rows * columns * channels, (ptrdiff_t)columns * channels, channels};
  const int height = s->height / s->pool_h, width = s->width / s->pool_w;
  const int extent_h = (height - 1) * s->dilate_h + 1, extent_w = (width - 1) * s->dilate_w + 1;
  const int first = max_int(s->pad_w, 0), last = min_int(columns, s->pad_w + extent_w);
  for (int n = 0; n < images; n++) {
    for (int r = 0; r < tile_rows; r++) {
      float *dst = tile.data + n * tile.image + r * tile.row;
      const int h = row * s->stride_h - s->pad_h + r;
      if (h < 0 || h >= extent_h || h % s->dilate_h != 0 || last <= first) {
        memset(dst, 0, tile.row * sizeof(float));
        continue;
      }
      const MAP *src = x + (((ptrdiff_t)(image + n) * s->height + (ptrdiff_t)(h / s->dilate_h) * s->pool_h) * s->width) * s->in_stride;
      if (s->dilate_w > 1) {
        memset(dst, 0, tile.row * sizeof(float));
        for (int c = first; c < last; c++) {
          const int w = c - s->pad_w;
          if (w % s->dilate_w == 0) {
            NAME(prologue)(dst + c * channels, src + (ptrdiff_t)(w / s->dilate_w) * s->in_stride, scale, shift, 1, channels, s->in_stride);
          }
        }
        continue;
      }
      memset(dst, 0, (size_t)first * channels * sizeof(float));
      src += (ptrdiff_t)(first - s->pad_w) * s->pool_w * s->in_stride;
      if (s->pool_h * s->pool_w > 1) {
        for (int c = first; c < last; c++) {
          NAME(pooled_prologue)(dst + c * channels, src, scale, shift, s);
          src += (ptrdiff_t)s->pool_w * s->in_stride;
        }
      } else {
        NAME(prologue)(dst + first * channels, src, scale, shift, last - first, channels, s->in_stride);
      }
      memset(dst + last * channels, 0, (size_t)(columns - last) * channels * sizeof(float));
    }
  }
  return tile;
}

/// A tile's values as the dot-product loop multiplies them, in the tile's own memory.
ALWAYS_INLINE const OPERAND *NAME(operands)(const NAME(tile) *tile, int images) {
  OPERAND *operands = (OPERAND *)tile->data;
#ifdef DENSE_NATIVE_BF16
  for (ptrdiff_t i = 0; i < images * tile->image; i += DENSE_LANES) {
    const vf value = LOAD(tile->data + i);  // all of it before what it makes is written over it
    STORE_MAP(operands + i, value);
  }
#else
  (void)images;
#endif
  return operands;
}

/// How far apart images, rows and columns of results lie, in whatever unit the epilogue counts.
typedef struct {
  ptrdiff_t image, row, column;
} NAME(steps);

/// Takes one group of results of the dot-product loop: `results[count, width]`, and where each lies by `steps`.
typedef void (*NAME(epilogue))(const void *context, const float *results, const ptrdiff_t *offsets, int count);

/// Prefetches what the epilogue will touch for such a group.
typedef void (*NAME(group_prefetch))(const void *context, const ptrdiff_t *offsets, int count);

/// Runs the dot-product loop for one block of output channels over the pixels of a tile, a group of registers at a time.
ALWAYS_INLINE void NAME(for_each_group)(const NAME(tile) *tile, const OPERAND *operands, int images, int rows,
                                        int columns, int stride_h, int stride_w, int kernel_h, int length,
                                        const OPERAND *weights, int width,
                                        NAME(steps) steps, NAME(group_prefetch) prefetch_group, NAME(epilogue) epilogue,
                                        const void *context, NAME(prefetch) *prefetch) {
  float results[DENSE_PIXELS * DENSE_BLOCK] __attribute__((aligned(64)));
  const OPERAND *pixels[DENSE_PIXELS];
  ptrdiff_t offsets[DENSE_PIXELS];
  const int total = images * rows * columns;
  const int groups = (total + DENSE_PIXELS - 1) / DENSE_PIXELS, step = (total + groups - 1) / groups;
  int n = 0, r = 0, c = 0;
  for (int p = 0; p < total; p += step) {
    const int count = min_int(step, total - p);
    for (int i = 0; i < count; i++) {
      pixels[i] = operands + n * tile->image + (ptrdiff_t)r * stride_h * tile->row + (ptrdiff_t)c * stride_w * tile->step;
      offsets[i] = n * steps.image + r * steps.row + c * steps.column;
      if (++c == columns) {
        c = 0;
        if (++r == rows) {
          r = 0;
          n++;
        }
      }
    }
    prefetch_group(context, offsets, count);
    NAME(prefetch_turn)(prefetch);
    NAME(dot_product_operands)(count, width, results, pixels, kernel_h, tile->row, length, weights);
    epilogue(context, results, offsets, count);
  }
}

typedef struct {
  void *y;
  ptrdiff_t first;    // of the tile's first pixel, first channel of the block
  const float *bias;  // of the block, or NULL
  int width, wide, rectify;
} NAME(output);

ALWAYS_INLINE void NAME(epilogue_output)(const void *context, const float *results, const ptrdiff_t *offsets, int count) {
  const NAME(output) *o = context;
  for (int k = 0; k < o->width; k += DENSE_LANES) {
    const vf bias = o->bias ? LOAD(o->bias + k) : SPLAT(0.0f);
    for (int i = 0; i < count; i++) {
      const vf sum = LOAD(results + i * o->width + k) + bias, value = o->rectify ? RELU(sum) : sum;
      const ptrdiff_t at = o->first + offsets[i] + k;
      if (o->wide) STORE((float *)o->y + at, value); else STORE_MAP((MAP *)o->y + at, value);
    }
  }
}

ALWAYS_INLINE void NAME(prefetch_output)(const void *context, const ptrdiff_t *offsets, int count) {
  const NAME(output) *o = context;
  for (int i = 0; i < count; i++) {
    for (int k = 0; k < o->width; k += DENSE_LANES) PREFETCH((const MAP *)o->y + o->first + offsets[i] + k);
  }
}

#define LOAD_OUTPUT(p, at, wide) ((wide) ? LOAD((const float *)(p) + (at)) : LOAD_MAP((const MAP *)(p) + (at)))

/// One pixel of the gradient of a convolution's output: dy + a + b * (y - mean).
ALWAYS_INLINE void NAME(finished_gradient)(float *restrict dst, ptrdiff_t pixel, const dense_conv_backward_args *a, int channels, int wide) {
  for (int k = 0; k < channels; k += DENSE_LANES) {
    const vf deviation = LOAD_OUTPUT(a->y, pixel * a->y_stride + k, wide) - LOAD(a->y_mean + k);
    const vf dy = LOAD_OUTPUT(a->dy, pixel * a->dy_stride + k, wide);
    STORE(dst + k, dy + LOAD(a->defer_a + k) + LOAD(a->defer_b + k) * deviation);
  }
}

/// The finished gradient of output rows [row, row + rows) of `images` images, `width` pixels wide, with `halo` pixels
/// around; zeros where there is none.
static NAME(tile) NAME(fill_gradient)(float *scratch, const dense_conv_shape *s, const dense_conv_backward_args *a,
                                      int image, int images, int row, int rows, int width, int halo_h, int halo_w) {
  const int channels = s->out_channels, tile_rows = rows + 2 * halo_h, columns = width + 2 * halo_w;
  const NAME(tile) tile = {scratch, (ptrdiff_t)tile_rows * columns * channels, (ptrdiff_t)columns * channels, channels};
  for (int n = 0; n < images; n++) {
    for (int r = 0; r < tile_rows; r++) {
      float *dst = tile.data + n * tile.image + r * tile.row;
      const int h = row - halo_h + r;
      if (h < 0 || h >= s->out_height) {
        memset(dst, 0, tile.row * sizeof(float));
        continue;
      }
      memset(dst, 0, (size_t)halo_w * channels * sizeof(float));
      const ptrdiff_t at = ((ptrdiff_t)(image + n) * s->out_height + h) * s->out_width;
      for (int w = 0; w < s->out_width; w++) {
        NAME(finished_gradient)(dst + (w + halo_w) * channels, at + w, a, channels, s->wide_output);
      }
      memset(dst + (s->out_width + halo_w) * channels, 0,
             (size_t)(columns - halo_w - s->out_width) * channels * sizeof(float));
    }
  }
  return tile;
}

typedef struct {
  const dense_conv_shape *shape;
  const dense_conv_backward_args *args;
  ptrdiff_t first;  // the tile's first input pixel
  int channel, width;
  float *sums;  // this tile's, first channel of the block; sums + in_channels for the second
} NAME(input_gradient);

/// Through ReLU and batch norm, for one vector of channels of one input pixel: dx, and the sums over pixels.
#define EPILOGUE_INPUT_GRADIENT(da, dx, source, store) do { \
    const vf x = LOAD_MAP(source), z = x * scale + shift; \
    const vf dz = z > SPLAT(0.0f) ? (da) : SPLAT(0.0f); \
    sum += dz; \
    sum_x += dz * (x - mean); \
    STORE_MAP(dx, (store) ? scale * dz : LOAD_MAP(dx) + scale * dz); \
  } while (0)

/// For vector v of the block's channels of one group of pixels.
ALWAYS_INLINE void NAME(epilogue_pixels)(const int store, const NAME(input_gradient) *o, int v, const float *results,
                                         const ptrdiff_t *offsets, int count) {
  const dense_conv_backward_args *a = o->args;
  const int c = o->channel + v, width = o->width;
  const ptrdiff_t dx_stride = a->dx_stride, x_stride = o->shape->in_stride;
  const vf scale = LOAD(a->scale + c), shift = LOAD(a->shift + c), mean = LOAD(a->mean + c);
  MAP *dx = (MAP *)a->dx + o->first * dx_stride + c;
  const MAP *source = (const MAP *)a->x + o->first * x_stride + c;
  float *total = o->sums + v, *total_x = total + o->shape->in_channels;
  vf sum = SPLAT(0.0f), sum_x = SPLAT(0.0f);
  for (int i = 0; i < count; i++) {
    EPILOGUE_INPUT_GRADIENT(LOAD(results + i * width + v), dx + offsets[i] * dx_stride, source + offsets[i] * x_stride, store);
  }
  STORE(total, LOAD(total) + sum);
  STORE(total_x, LOAD(total_x) + sum_x);
}

/// The same with an average pool in front of the convolution.
static void NAME(epilogue_windows)(const NAME(input_gradient) *o, const float *results, const ptrdiff_t *offsets, int count) {
  const dense_conv_shape *s = o->shape;
  const dense_conv_backward_args *a = o->args;
  const float inverse = 1.0f / (float)(s->pool_h * s->pool_w);
  for (int v = 0; v < o->width; v += DENSE_LANES) {
    const int c = o->channel + v;
    const vf scale = LOAD(a->scale + c), shift = LOAD(a->shift + c), mean = LOAD(a->mean + c);
    vf sum = SPLAT(0.0f), sum_x = SPLAT(0.0f);
    for (int i = 0; i < count; i++) {
      const vf da = LOAD(results + i * o->width + v) * inverse;
      for (int h = 0; h < s->pool_h; h++) {
        for (int w = 0; w < s->pool_w; w++) {
          const ptrdiff_t at = o->first + offsets[i] + (ptrdiff_t)h * s->width + w;
          EPILOGUE_INPUT_GRADIENT(da, (MAP *)a->dx + at * a->dx_stride + c, (const MAP *)a->x + at * s->in_stride + c, a->store);
        }
      }
    }
    float *total = o->sums + v;
    STORE(total, LOAD(total) + sum);
    STORE(total + s->in_channels, LOAD(total + s->in_channels) + sum_x);
  }
}

/// Through the average pool, ReLU and batch norm in front of the convolution, for one group of pixels.
ALWAYS_INLINE void NAME(epilogue_input_gradient)(const void *context, const float *results, const ptrdiff_t *offsets, int count) {
  const NAME(input_gradient) *o = context;
  if (o->shape->pool_h * o->shape->pool_w > 1) return NAME(epilogue_windows)(o, results, offsets, count);
  for (int v = 0; v < o->width; v += DENSE_LANES) {
    if (o->args->store) {
      NAME(epilogue_pixels)(1, o, v, results, offsets, count);
    } else {
      NAME(epilogue_pixels)(0, o, v, results, offsets, count);
    }
  }
}

ALWAYS_INLINE void NAME(prefetch_input_gradient)(const void *context, const ptrdiff_t *offsets, int count) {
  const NAME(input_gradient) *o = context;
  const dense_conv_shape *s = o->shape;
  for (int i = 0; i < count; i++) {
    for (int h = 0; h < s->pool_h; h++) {
      for (int w = 0; w < s->pool_w; w++) {
        const ptrdiff_t at = o->first + offsets[i] + (ptrdiff_t)h * s->width + w;
        for (int v = 0; v < o->width; v += DENSE_LANES) {
          PREFETCH((const MAP *)o->args->x + at * s->in_stride + o->channel + v);
          PREFETCH((const MAP *)o->args->dx + at * o->args->dx_stride + o->channel + v);
        }
      }
    }
  }
}

#undef EPILOGUE_INPUT_GRADIENT

/// Zeros for the input pixels that no pooling window of these output rows covers.
static void NAME(clear_uncovered)(const dense_conv_shape *s, const dense_conv_backward_args *a, int image, int images, int row, int rows) {
  const int covered_h = s->out_height * s->pool_h, covered_w = s->out_width * s->pool_w;
  const int first = row * s->pool_h, last = row + rows == s->out_height ? s->height : (row + rows) * s->pool_h;
  for (int n = image; n < image + images; n++) {
    for (int h = first; h < last; h++) {
      for (int w = h < covered_h ? covered_w : 0; w < s->width; w++) {
        memset((MAP *)a->dx + (((ptrdiff_t)n * s->height + h) * s->width + w) * a->dx_stride, 0, s->in_channels * sizeof(MAP));
      }
    }
  }
}

/// The bias's gradient: the sum of a tile's finished gradient.
static void NAME(sum_gradient)(float *db, const dense_conv_shape *s, const NAME(tile) *gradient, const float *inner,
                               int images, int rows) {
  for (int k = 0; k < s->out_channels; k += DENSE_LANES) {
    vf total = SPLAT(0.0f);
    for (int n = 0; n < images; n++) {
      for (int r = 0; r < rows; r++) {
        const float *p = inner + n * gradient->image + r * gradient->row + k;
        vf sum = SPLAT(0.0f);
        for (int c = 0; c < s->out_width; c++) sum += LOAD(p + (ptrdiff_t)c * gradient->step);
        total += sum;
      }
    }
    STORE(db + k, total);
  }
}

#define WINOGRAD 4
#include "convolution/winograd.body.h"
#undef WINOGRAD
#define WINOGRAD 6
#include "convolution/winograd.body.h"
#undef WINOGRAD

void NAME(conv_forward)(const dense_conv_shape *s, const dense_conv_forward_args *a, int images, int tile_begin,
                               int tile_end, float *scratch) {
  if (s->winograd == 4) return NAME(winograd_forward4)(s, a, images, tile_begin, tile_end, scratch);
  if (s->winograd == 6) return NAME(winograd_forward6)(s, a, images, tile_begin, tile_end, scratch);
  const int taps = s->kernel_h * s->kernel_w * s->in_channels;
  const ptrdiff_t out_row = (ptrdiff_t)s->out_width * s->out_stride, out_image = out_row * s->out_height;
  for (int t = tile_begin; t < tile_end; t++) {
    int image, count, row, rows;
    tile_range(s, images, t, &image, &count, &row, &rows);
    const NAME(tile) tile = NAME(fill_input)(scratch, s, a->x, a->scale, a->shift, image, count, row,
                                             input_rows(s, rows), input_columns(s));
    const OPERAND *operands = NAME(operands)(&tile, count);
    const int turns = register_groups(count * rows * s->out_width, s->out_channels, DENSE_PIXELS);
    NAME(prefetch) prefetch = NAME(forward_prefetch)(s, a->x, image, count, row, rows, turns);
    if (t + 1 == tile_end) prefetch = (NAME(prefetch)){0};
    const ptrdiff_t first = image * out_image + row * out_row;
    for (int k = 0; k < s->out_channels; k += DENSE_BLOCK) {
      const int width = min_int(DENSE_BLOCK, s->out_channels - k);
      const NAME(output) output = {a->y, first + k, a->bias ? a->bias + k : NULL, width, s->wide_output, a->rectify};
      const NAME(steps) steps = {out_image, out_row, s->out_stride};
      NAME(for_each_group)(&tile, operands, count, rows, s->out_width, s->stride_h, s->stride_w, s->kernel_h,
                           s->kernel_w * s->in_channels, (const OPERAND *)a->weights + (ptrdiff_t)k * taps, width, steps,
                           NAME(prefetch_output), NAME(epilogue_output), &output, &prefetch);
    }
    if (a->mean) {
      const ptrdiff_t at = (ptrdiff_t)t * s->out_channels;
      NAME(region_moments)(a->mean + at, a->m2 + at, (const MAP *)a->y + first, out_image, out_row, s->out_stride, count, rows, s->out_width, s->out_channels);
    }
  }
}

/// dw += a tile's weight gradient; where 1x1 convolutions multiply pairs of bf16, the input's tile becomes those.
static void NAME(weight_gradient)(float *dw, const dense_conv_shape *s, const NAME(tile) *input, const NAME(tile) *gradient,
                                  const float *inner, int images, int rows) {
  const int length = s->kernel_w * s->in_channels, taps = s->kernel_h * length;
#ifdef DENSE_NATIVE_BF16
  if (is_pointwise(s)) {
    const int pixels = images * rows * s->out_width;
    uint16_t *input_pairs = (uint16_t *)input->data;
    uint16_t *gradient_pairs = (uint16_t *)(gradient->data + (ptrdiff_t)pixels * s->out_channels);
    NAME(pair_pixels)(input_pairs, input->data, pixels, s->in_channels);
    NAME(pair_pixels)(gradient_pairs, gradient->data, pixels, s->out_channels);
    for (int k = 0; k < s->out_channels; k += DENSE_BLOCK) {
      NAME(outer_product_pairs)(length, min_int(DENSE_BLOCK, s->out_channels - k), dw + (ptrdiff_t)k * taps, input_pairs,
                                gradient_pairs + 2 * k, s->out_channels, (pixels + 1) / 2);
    }
    return;
  }
#endif
  for (int k = 0; k < s->out_channels; k += DENSE_BLOCK) {
    const int width = min_int(DENSE_BLOCK, s->out_channels - k);
    for (int r = 0; r < s->kernel_h; r++) {
      NAME(outer_product)(length, width, dw + (ptrdiff_t)k * taps + (ptrdiff_t)r * length * width,
                          input->data + r * input->row, input->image, input->row * s->stride_h,
                          (ptrdiff_t)input->step * s->stride_w, inner + k, gradient->image, gradient->row, gradient->step,
                          images, rows, s->out_width);
    }
  }
}

void NAME(conv_backward)(const dense_conv_shape *s, const dense_conv_backward_args *a, int images, int tile_begin,
                                int tile_end, float *scratch) {
  if (s->winograd == 4) return NAME(winograd_backward4)(s, a, images, tile_begin, tile_end, scratch);
  if (s->winograd == 6) return NAME(winograd_backward6)(s, a, images, tile_begin, tile_end, scratch);
  const int halo_h = a->dx ? s->kernel_h / 2 : 0, halo_w = a->dx ? s->kernel_w / 2 : 0;
  for (int t = tile_begin; t < tile_end; t++) {
    int image, count, row, rows;
    tile_range(s, images, t, &image, &count, &row, &rows);
    const NAME(tile) input = NAME(fill_input)(scratch, s, a->x, a->scale, a->shift, image, count, row,
                                              input_rows(s, rows), input_columns(s));
    float *rest = scratch + round_up(count * (int)input.image, DENSE_LANES);
    const NAME(tile) gradient = NAME(fill_gradient)(rest, s, a, image, count, row, rows, s->out_width, halo_h, halo_w);
    const float *inner = gradient.data + halo_h * gradient.row + (ptrdiff_t)halo_w * gradient.step;

    NAME(weight_gradient)(a->dw, s, &input, &gradient, inner, count, rows);
    if (a->db) NAME(sum_gradient)(a->db + (ptrdiff_t)t * s->out_channels, s, &gradient, inner, count, rows);
    if (a->dx) {
      float *sums = a->sums + (ptrdiff_t)t * 2 * s->in_channels;
      memset(sums, 0, 2 * (size_t)s->in_channels * sizeof(float));
      if (a->store) NAME(clear_uncovered)(s, a, image, count, row, rows);
      const int reduction = s->kernel_w * s->out_channels;
      const OPERAND *operands = NAME(operands)(&gradient, count);
      const int turns = register_groups(count * rows * s->out_width, s->in_channels, DENSE_PIXELS);
      NAME(prefetch) prefetch = NAME(backward_prefetch)(s, a, image, count, row, rows, turns);
      if (t + 1 == tile_end) prefetch = (NAME(prefetch)){0};
      for (int c = 0; c < s->in_channels; c += DENSE_BLOCK) {
        const int width = min_int(DENSE_BLOCK, s->in_channels - c);
        const ptrdiff_t first = ((ptrdiff_t)image * s->height + (ptrdiff_t)row * s->pool_h) * s->width;
        const NAME(input_gradient) context = {s, a, first, c, width, sums + c};
        const NAME(steps) steps = {(ptrdiff_t)s->height * s->width, (ptrdiff_t)s->pool_h * s->width, s->pool_w};
        NAME(for_each_group)(&gradient, operands, count, rows, s->out_width, 1, 1, s->kernel_h, reduction,
                             (const OPERAND *)a->weights + (ptrdiff_t)c * s->kernel_h * reduction, width, steps,
                             NAME(prefetch_input_gradient), NAME(epilogue_input_gradient), &context, &prefetch);
      }
    }
  }
}
