// The 3x3 convolution by Winograd's F(4x4, 3x3): tiles as in the direct one, cut into squares of 4x4 outputs.
//
// Transformed inputs lie as [point, square, channel], so that the products of each of the 36 points are one small
// matrix product, done by the same loops as the direct convolution.

/// A tile's squares: how many down and across each image, and in all.
typedef struct {
  int images, down, across, count;
} NAME(squares);

/// `planes` [36, squares, channels] = transform of the 6x6 (or, for gradients, 4x4) pixels of each square.
#define TRANSFORM(name, side, one) \
  static void NAME(name)(float *planes, const NAME(tile) *tile, NAME(squares) q, int channels) { \
    const ptrdiff_t plane = (ptrdiff_t)q.count * channels; \
    float *to = planes; \
    for (int n = 0; n < q.images; n++) { \
      for (int i = 0; i < q.down; i++) { \
        for (int j = 0; j < q.across; j++, to += channels) { \
          const float *from = tile->data + n * tile->image + (ptrdiff_t)i * WINOGRAD_OUT * tile->row + \
                              (ptrdiff_t)j * WINOGRAD_OUT * tile->step; \
          for (int c = 0; c < channels; c += DENSE_LANES) { \
            vf half[WINOGRAD_IN][side]; \
            FULLY_UNROLLED for (int x = 0; x < side; x++) { \
              vf d[side]; \
              FULLY_UNROLLED for (int y = 0; y < side; y++) d[y] = LOAD(from + y * tile->row + x * tile->step + c); \
              one(&half[0][x], side, d, 1); \
            } \
            FULLY_UNROLLED for (int y = 0; y < WINOGRAD_IN; y++) { \
              vf t[WINOGRAD_IN]; \
              one(t, 1, half[y], 1); \
              FULLY_UNROLLED for (int x = 0; x < WINOGRAD_IN; x++) STORE(to + (y * WINOGRAD_IN + x) * plane + c, t[x]); \
            } \
          } \
        } \
      } \
    } \
  }
TRANSFORM(transform_input, WINOGRAD_IN, WINOGRAD_INPUT)
TRANSFORM(transform_gradient, WINOGRAD_OUT, WINOGRAD_GRADIENT)
#undef TRANSFORM

/// products[36, squares, width] (+)= planes[36, squares, channels] x weights: points lie `weight_plane` floats apart.
static void NAME(multiply_planes)(float *products, int accumulate, const float *planes, int squares, int channels,
                                  const float *weights, ptrdiff_t weight_plane, int width) {
  const int groups = (squares + DENSE_PIXELS - 1) / DENSE_PIXELS, step = (squares + groups - 1) / groups;
  for (int e = 0; e < WINOGRAD_POINTS; e++) {
    for (int p = 0; p < squares; p += step) {
      const int count = min_int(step, squares - p);
      const float *rows[DENSE_PIXELS];
      for (int i = 0; i < count; i++) rows[i] = planes + ((ptrdiff_t)e * squares + p + i) * channels;
      NAME(dot)(count, width, products + ((ptrdiff_t)e * squares + p) * width, accumulate, rows, 1, 0, channels,
                weights + e * weight_plane);
    }
  }
}

/// Transforms products back and hands each square's outputs, those within `rows` x `columns`, to `finish`; `expect`
/// hears of them before.
ALWAYS_INLINE void NAME(finish_squares)(const float *products, NAME(squares) q, int rows, int columns, int width,
                                        NAME(steps) steps, NAME(expecter) expect, NAME(finisher) finish,
                                        const void *context) {
  const ptrdiff_t plane = (ptrdiff_t)q.count * width;
  float results[WINOGRAD_OUT * WINOGRAD_OUT * DENSE_BLOCK] __attribute__((aligned(64)));
  ptrdiff_t offsets[WINOGRAD_OUT * WINOGRAD_OUT];
  for (int n = 0; n < q.images; n++) {
    for (int i = 0; i < q.down; i++) {
      for (int j = 0; j < q.across; j++, products += width) {
        const int valid_rows = min_int(WINOGRAD_OUT, rows - i * WINOGRAD_OUT);
        const int valid_columns = min_int(WINOGRAD_OUT, columns - j * WINOGRAD_OUT);
        int count = 0;
        for (int y = 0; y < valid_rows; y++) {
          for (int x = 0; x < valid_columns; x++) {
            offsets[count++] = n * steps.image + (i * WINOGRAD_OUT + y) * steps.row + (j * WINOGRAD_OUT + x) * steps.column;
          }
        }
        expect(context, offsets, count);
        for (int k = 0; k < width; k += DENSE_LANES) {
          vf half[WINOGRAD_OUT][WINOGRAD_IN], out[WINOGRAD_OUT][WINOGRAD_OUT];
          FULLY_UNROLLED for (int x = 0; x < WINOGRAD_IN; x++) {
            vf m[WINOGRAD_IN];
            FULLY_UNROLLED for (int y = 0; y < WINOGRAD_IN; y++) m[y] = LOAD(products + (y * WINOGRAD_IN + x) * plane + k);
            WINOGRAD_OUTPUT(&half[0][x], WINOGRAD_IN, m, 1);
          }
          FULLY_UNROLLED for (int y = 0; y < WINOGRAD_OUT; y++) WINOGRAD_OUTPUT(out[y], 1, half[y], 1);
          float *to = results + k;
          for (int y = 0; y < valid_rows; y++) {
            for (int x = 0; x < valid_columns; x++, to += width) STORE(to, out[y][x]);
          }
        }
        finish(context, results, offsets, count);
      }
    }
  }
}

/// Fills and transforms channels [first, first + channels) of a tile's input.
static void NAME(input_planes)(float *planes, float *pixels, const dense_conv_shape *s, const MAP *x,
                               const float *scale, const float *shift, int image, int row, NAME(squares) q, int first,
                               int channels) {
  dense_conv_shape part = *s;
  part.in_channels = channels;
  const NAME(tile) tile = NAME(fill_input)(pixels, &part, x + first, scale ? scale + first : NULL,
                                           shift ? shift + first : NULL, image, q.images, row,
                                           q.down * WINOGRAD_OUT + 2, q.across * WINOGRAD_OUT + 2);
  NAME(transform_input)(planes, &tile, q, channels);
}

/// The channels of one pass over the input: equal parts, in whole vectors, that fit the cache.
static int NAME(channel_step)(int channels) {
  const int parts = (channels + WINOGRAD_CHANNELS - 1) / WINOGRAD_CHANNELS;
  return round_up((channels + parts - 1) / parts, DENSE_LANES);
}

static NAME(squares) NAME(tile_squares)(const dense_conv_shape *s, int images, int rows) {
  const int down = winograd_squares(rows), across = winograd_squares(s->out_width);
  return (NAME(squares)){images, down, across, images * down * across};
}

static void NAME(winograd_forward)(const dense_conv_shape *s, const dense_conv_forward_args *a, int images,
                                   int tile_begin, int tile_end, float *scratch) {
  const ptrdiff_t out_row = (ptrdiff_t)s->out_width * s->out_stride, out_image = out_row * s->out_height;
  const int step = NAME(channel_step)(s->in_channels);
  for (int t = tile_begin; t < tile_end; t++) {
    int image, count, row, rows;
    tile_range(s, images, t, &image, &count, &row, &rows);
    const NAME(squares) q = NAME(tile_squares)(s, count, rows);
    float *products = scratch, *planes = products + (ptrdiff_t)WINOGRAD_POINTS * q.count * min_int(DENSE_BLOCK, s->out_channels);
    float *pixels = planes + (ptrdiff_t)WINOGRAD_POINTS * q.count * step;
    const ptrdiff_t first = image * out_image + row * out_row;
    for (int k = 0; k < s->out_channels; k += DENSE_BLOCK) {
      const int width = min_int(DENSE_BLOCK, s->out_channels - k);
      const float *weights = a->weights + (ptrdiff_t)k * WINOGRAD_POINTS * s->in_channels;
      for (int c = 0; c < s->in_channels; c += step) {
        const int channels = min_int(step, s->in_channels - c);
        if (k == 0 || step < s->in_channels) {
          NAME(input_planes)(planes, pixels, s, a->x, a->scale, a->shift, image, row, q, c, channels);
        }
        NAME(multiply_planes)(products, c > 0, planes, q.count, channels, weights + (ptrdiff_t)c * width,
                              (ptrdiff_t)s->in_channels * width, width);
      }
      const NAME(output) output = {a->y, first + k, a->bias ? a->bias + k : NULL, width, s->wide_output};
      const NAME(steps) steps = {out_image, out_row, s->out_stride};
      NAME(finish_squares)(products, q, rows, s->out_width, width, steps, NAME(expect_output), NAME(finish_output), &output);
    }
    if (a->mean) {
      const ptrdiff_t at = (ptrdiff_t)t * s->out_channels;
      NAME(region_moments)(a->mean + at, a->m2 + at, (const MAP *)a->y + first, out_image, out_row, s->out_stride, count, rows, s->out_width, s->out_channels);
    }
  }
}

static void NAME(winograd_backward)(const dense_conv_shape *s, const dense_conv_backward_args *a, int images,
                                    int tile_begin, int tile_end, float *scratch) {
  const int step = NAME(channel_step)(s->in_channels);
  for (int t = tile_begin; t < tile_end; t++) {
    int image, count, row, rows;
    tile_range(s, images, t, &image, &count, &row, &rows);
    const NAME(squares) q = NAME(tile_squares)(s, count, rows);
    const ptrdiff_t gradient_planes = (ptrdiff_t)WINOGRAD_POINTS * q.count * s->out_channels;
    const NAME(tile) gradient = NAME(fill_gradient)(scratch, s, a, image, count, row, q.down * WINOGRAD_OUT,
                                                    q.across * WINOGRAD_OUT, 1, 1);
    NAME(tile) inner = gradient;
    inner.data += gradient.row + gradient.step;
    float *outer_planes = scratch + count * gradient.image, *rest = outer_planes + gradient_planes;
    NAME(transform_gradient)(outer_planes, &inner, q, s->out_channels);
    if (a->db) NAME(sum_gradient)(a->db + (ptrdiff_t)t * s->out_channels, s, &gradient, inner.data, count, rows);

    for (int c = 0; c < s->in_channels; c += step) {
      const int channels = min_int(step, s->in_channels - c);
      float *planes = rest, *pixels = planes + (ptrdiff_t)WINOGRAD_POINTS * q.count * step;
      NAME(input_planes)(planes, pixels, s, a->x, a->scale, a->shift, image, row, q, c, channels);
      for (int k = 0; k < s->out_channels; k += DENSE_BLOCK) {
        const int width = min_int(DENSE_BLOCK, s->out_channels - k);
        for (int e = 0; e < WINOGRAD_POINTS; e++) {
          float *dw = a->dw + (ptrdiff_t)k * WINOGRAD_POINTS * s->in_channels + ((ptrdiff_t)e * s->in_channels + c) * width;
          NAME(outer)(channels, width, dw, planes + (ptrdiff_t)e * q.count * channels, 0, 0, channels,
                      outer_planes + (ptrdiff_t)e * q.count * s->out_channels + k, 0, 0, s->out_channels, 1, 1, q.count);
        }
      }
    }
    if (!a->dx) continue;
    float *sums = a->sums + (ptrdiff_t)t * 2 * s->in_channels;
    memset(sums, 0, 2 * (size_t)s->in_channels * sizeof(float));
    float *planes = rest, *products = planes + gradient_planes;
    NAME(transform_input)(planes, &gradient, q, s->out_channels);
    const ptrdiff_t first = ((ptrdiff_t)image * s->height + row) * s->width;
    const NAME(steps) steps = {(ptrdiff_t)s->height * s->width, s->width, 1};
    for (int c = 0; c < s->in_channels; c += DENSE_BLOCK) {
      const int width = min_int(DENSE_BLOCK, s->in_channels - c);
      NAME(multiply_planes)(products, 0, planes, q.count, s->out_channels,
                            a->weights + (ptrdiff_t)c * WINOGRAD_POINTS * s->out_channels,
                            (ptrdiff_t)s->out_channels * width, width);
      const NAME(input_gradient) context = {s, a, first, c, width, sums + c};
      NAME(finish_squares)(products, q, rows, s->out_width, width, steps, NAME(expect_input_gradient),
                           NAME(finish_input_gradient), &context);
    }
  }
}
