// The 3x3 convolution by Winograd's F(m x m, 3x3) for m = WINOGRAD, 4 or 6: tiles as in the direct one, cut into squares
// of m x m outputs.
//
// Transformed inputs lie as [point, square, channel], so that the products of each point are one small matrix product,
// done by the same loops as the direct convolution.

#define OUT WINOGRAD
#define IN (WINOGRAD + 2)
#define POINTS (IN * IN)
#define SQUARE_JOIN2(name, side) NAME(name##side)
#define SQUARE_JOIN(name, side) SQUARE_JOIN2(name, side)
#define SQUARE_NAME(name) SQUARE_JOIN(name, WINOGRAD)
#define ONE_JOIN2(side, name) WINOGRAD##side##_##name
#define ONE_JOIN(side, name) ONE_JOIN2(side, name)
/// The transform of one dimension.
#define ONE(name) ONE_JOIN(WINOGRAD, name)

/// planes[e] of one square and one vector of channels, `plane` floats apart, from half-transformed columns.
#define STORE_POINTS(to, half, one) do { \
    FULLY_UNROLLED for (int y = 0; y < IN; y++) { \
      vf t[IN]; \
      one(t, 1, (half)[y], 1); \
      FULLY_UNROLLED for (int x = 0; x < IN; x++) STORE((to) + (y * IN + x) * plane, t[x]); \
    } \
  } while (0)

/// `planes` [points, squares, channels] from the pixels of each square in a padded tile: IN x IN of them by the input's
/// transform, or OUT x OUT by the output gradient's.
#define TRANSFORM(name, pixels, one) \
  static void SQUARE_NAME(name)(float *planes, const NAME(tile) *tile, squares q, int channels) { \
    const ptrdiff_t plane = (ptrdiff_t)q.count * channels; \
    float *to = planes; \
    for (int n = 0; n < q.images; n++) { \
      for (int i = 0; i < q.down; i++) { \
        for (int j = 0; j < q.across; j++, to += channels) { \
          const float *from = tile->data + n * tile->image + (ptrdiff_t)i * OUT * tile->row + (ptrdiff_t)j * OUT * tile->step; \
          for (int c = 0; c < channels; c += DENSE_LANES) { \
            vf half[IN][pixels]; \
            FULLY_UNROLLED for (int x = 0; x < pixels; x++) { \
              vf d[pixels]; \
              FULLY_UNROLLED for (int y = 0; y < pixels; y++) d[y] = LOAD(from + y * tile->row + x * tile->step + c); \
              one(&half[0][x], pixels, d, 1); \
            } \
            STORE_POINTS(to + c, half, one); \
          } \
        } \
      } \
    } \
  }
TRANSFORM(transform_tile, IN, ONE(INPUT))
TRANSFORM(transform_gradient, OUT, ONE(GRADIENT))
#undef TRANSFORM

/// `planes` of one square of the input and `channels` of its channels, normalised and rectified if there is a scale. The
/// square has pixels where the map has: a bit for each row, and columns `left` to `right`.
ALWAYS_INLINE void SQUARE_NAME(transform_square)(const int inside, float *to, ptrdiff_t plane, const MAP *square, ptrdiff_t row,
                                                 ptrdiff_t step, unsigned rows, int left, int right, const float *scale,
                                                 const float *shift, int channels) {
  for (int c = 0; c < channels; c += DENSE_LANES) {
    vf half[IN][IN];
    const vf factor = scale ? LOAD(scale + c) : SPLAT(1.0f), offset = scale ? LOAD(shift + c) : SPLAT(0.0f);
    FULLY_UNROLLED for (int x = 0; x < IN; x++) {
      vf d[IN];
      FULLY_UNROLLED for (int y = 0; y < IN; y++) d[y] = SPLAT(0.0f);
      if (inside || (x >= left && x < right)) {
        const MAP *column = square + x * step + c;
        FULLY_UNROLLED for (int y = 0; y < IN; y++) {
          if (inside || (rows >> y & 1)) {
            PREFETCH(column + y * row + OUT * step);
            const vf z = LOAD_MAP(column + y * row) * factor + offset;
            d[y] = scale ? RELU(z) : z;
          }
        }
      }
      ONE(INPUT)(&half[0][x], IN, d, 1);
    }
    STORE_POINTS(to + c, half, ONE(INPUT));
  }
}

/// `planes` of channels [first, first + channels) of the input, normalised and rectified, of output rows from `row` on.
static void SQUARE_NAME(transform_input)(float *planes, const dense_conv_shape *s, const MAP *map, const float *scale,
                                         const float *shift, int image, int row, squares q, int first, int channels) {
  const ptrdiff_t plane = (ptrdiff_t)q.count * channels, x_row = (ptrdiff_t)s->width * s->in_stride;
  const float *factor = scale ? scale + first : NULL, *offset = scale ? shift + first : NULL;
  float *to = planes;
  for (int n = 0; n < q.images; n++) {
    const MAP *x = map + (image + n) * s->height * x_row + first;
    for (int i = 0; i < q.down; i++) {
      const int top = row + i * OUT - 1;
      unsigned rows = 0;
      for (int y = 0; y < IN; y++) rows |= (unsigned)(top + y >= 0 && top + y < s->height) << y;
      for (int j = 0; j < q.across; j++, to += channels) {
        const int left = max_int(0, 1 - j * OUT), right = min_int(IN, s->width + 1 - j * OUT);
        const MAP *square = x + top * x_row + (ptrdiff_t)(j * OUT - 1) * s->in_stride;
        if (scale && rows == (1u << IN) - 1 && left == 0 && right == IN) {
          SQUARE_NAME(transform_square)(1, to, plane, square, x_row, s->in_stride, rows, left, right, factor, offset, channels);
        } else {
          SQUARE_NAME(transform_square)(0, to, plane, square, x_row, s->in_stride, rows, left, right, factor, offset, channels);
        }
      }
    }
  }
}

/// products[points, squares, width] (+)= planes[points, squares, channels] x weights: points lie `weight_plane` apart.
static void SQUARE_NAME(multiply)(float *products, int accumulate, const float *planes, int squares, int channels,
                                  const float *weights, ptrdiff_t weight_plane, int width, NAME(prefetch) *prefetch) {
  const int groups = (squares + DENSE_PIXELS - 1) / DENSE_PIXELS, step = (squares + groups - 1) / groups;
  for (int e = 0; e < POINTS; e++) {
    for (int p = 0; p < squares; p += step) {
      const int count = min_int(step, squares - p);
      const float *rows[DENSE_PIXELS];
      for (int i = 0; i < count; i++) rows[i] = planes + ((ptrdiff_t)e * squares + p + i) * channels;
      NAME(prefetch_turn)(prefetch);
      NAME(dot_product)(count, width, products + ((ptrdiff_t)e * squares + p) * width, accumulate, rows, 1, 0, channels,
                        weights + e * weight_plane);
    }
  }
}

/// Transforms products back and hands each square's outputs, those within `rows` x `columns`, to `epilogue`, once
/// `prefetch_group` has prefetched what that will touch.
ALWAYS_INLINE void SQUARE_NAME(epilogue_squares)(const float *products, squares q, int rows, int columns, int width,
                                                 NAME(steps) steps, NAME(group_prefetch) prefetch_group,
                                                 NAME(epilogue) epilogue, const void *context) {
  const ptrdiff_t plane = (ptrdiff_t)q.count * width;
  float results[OUT * OUT * DENSE_BLOCK] __attribute__((aligned(64)));
  ptrdiff_t offsets[OUT * OUT];
  for (int n = 0; n < q.images; n++) {
    for (int i = 0; i < q.down; i++) {
      for (int j = 0; j < q.across; j++, products += width) {
        const int valid_rows = min_int(OUT, rows - i * OUT), valid_columns = min_int(OUT, columns - j * OUT);
        int count = 0;
        for (int y = 0; y < valid_rows; y++) {
          for (int x = 0; x < valid_columns; x++) {
            offsets[count++] = n * steps.image + (i * OUT + y) * steps.row + (j * OUT + x) * steps.column;
          }
        }
        prefetch_group(context, offsets, count);
        for (int k = 0; k < width; k += DENSE_LANES) {
          vf half[OUT][IN], out[OUT][OUT];
          FULLY_UNROLLED for (int x = 0; x < IN; x++) {
            vf m[IN];
            FULLY_UNROLLED for (int y = 0; y < IN; y++) m[y] = LOAD(products + (y * IN + x) * plane + k);
            ONE(OUTPUT)(&half[0][x], IN, m, 1);
          }
          FULLY_UNROLLED for (int y = 0; y < OUT; y++) ONE(OUTPUT)(out[y], 1, half[y], 1);
          float *to = results + k;
          for (int y = 0; y < valid_rows; y++) {
            for (int x = 0; x < valid_columns; x++, to += width) STORE(to, out[y][x]);
          }
        }
        epilogue(context, results, offsets, count);
      }
    }
  }
}

static void SQUARE_NAME(winograd_forward)(const dense_conv_shape *s, const dense_conv_forward_args *a, int images,
                                          int tile_begin, int tile_end, float *scratch) {
  const ptrdiff_t out_row = (ptrdiff_t)s->out_width * s->out_stride, out_image = out_row * s->out_height;
  const int step = winograd_channel_step(s->in_channels);
  for (int t = tile_begin; t < tile_end; t++) {
    int image, count, row, rows;
    tile_range(s, images, t, &image, &count, &row, &rows);
    const squares q = tile_squares(s, count, rows);
    float *products = scratch, *planes = products + (ptrdiff_t)POINTS * q.count * min_int(DENSE_BLOCK, s->out_channels);
    const ptrdiff_t first = image * out_image + row * out_row;
    const int passes = (s->in_channels + step - 1) / step;
    const int turns = passes * POINTS * register_groups(q.count, s->out_channels, DENSE_PIXELS);
    NAME(prefetch) prefetch = NAME(forward_prefetch)(s, a->x, image, count, row, rows, turns);
    if (t + 1 == tile_end) prefetch = (NAME(prefetch)){0};
    for (int k = 0; k < s->out_channels; k += DENSE_BLOCK) {
      const int width = min_int(DENSE_BLOCK, s->out_channels - k);
      const float *weights = a->weights + (ptrdiff_t)k * POINTS * s->in_channels;
      for (int c = 0; c < s->in_channels; c += step) {
        const int channels = min_int(step, s->in_channels - c);
        if (k == 0 || step < s->in_channels) {
          SQUARE_NAME(transform_input)(planes, s, a->x, a->scale, a->shift, image, row, q, c, channels);
        }
        SQUARE_NAME(multiply)(products, c > 0, planes, q.count, channels, weights + (ptrdiff_t)c * width,
                              (ptrdiff_t)s->in_channels * width, width, &prefetch);
      }
      const NAME(output) output = {a->y, first + k, a->bias ? a->bias + k : NULL, width, s->wide_output, a->rectify};
      const NAME(steps) steps = {out_image, out_row, s->out_stride};
      SQUARE_NAME(epilogue_squares)(products, q, rows, s->out_width, width, steps, NAME(prefetch_output),
                                    NAME(epilogue_output), &output);
    }
    if (a->mean) {
      const ptrdiff_t at = (ptrdiff_t)t * s->out_channels;
      NAME(region_moments)(a->mean + at, a->m2 + at, (const MAP *)a->y + first, out_image, out_row, s->out_stride, count, rows, s->out_width, s->out_channels);
    }
  }
}

static void SQUARE_NAME(winograd_backward)(const dense_conv_shape *s, const dense_conv_backward_args *a, int images,
                                           int tile_begin, int tile_end, float *scratch) {
  const int step = winograd_channel_step(s->in_channels);
  for (int t = tile_begin; t < tile_end; t++) {
    int image, count, row, rows;
    tile_range(s, images, t, &image, &count, &row, &rows);
    const squares q = tile_squares(s, count, rows);
    const ptrdiff_t gradient_floats = (ptrdiff_t)POINTS * q.count * s->out_channels;
    const NAME(tile) gradient = NAME(fill_gradient)(scratch, s, a, image, count, row, q.down * OUT, q.across * OUT, 1, 1);
    NAME(tile) inner = gradient;
    inner.data += gradient.row + gradient.step;
    float *gradient_planes = scratch + count * gradient.image, *planes = gradient_planes + gradient_floats;
    SQUARE_NAME(transform_gradient)(gradient_planes, &inner, q, s->out_channels);
    if (a->db) NAME(sum_gradient)(a->db + (ptrdiff_t)t * s->out_channels, s, &gradient, inner.data, count, rows);

    for (int c = 0; c < s->in_channels; c += step) {
      const int channels = min_int(step, s->in_channels - c);
      SQUARE_NAME(transform_input)(planes, s, a->x, a->scale, a->shift, image, row, q, c, channels);
      for (int k = 0; k < s->out_channels; k += DENSE_BLOCK) {
        const int width = min_int(DENSE_BLOCK, s->out_channels - k);
        for (int e = 0; e < POINTS; e++) {
          float *dw = a->dw + (ptrdiff_t)k * POINTS * s->in_channels + ((ptrdiff_t)e * s->in_channels + c) * width;
          NAME(outer_product)(channels, width, dw, planes + (ptrdiff_t)e * q.count * channels, 0, 0, channels,
                              gradient_planes + (ptrdiff_t)e * q.count * s->out_channels + k, 0, 0, s->out_channels, 1, 1,
                              q.count);
        }
      }
    }
    if (!a->dx) continue;
    float *sums = a->sums + (ptrdiff_t)t * 2 * s->in_channels;
    memset(sums, 0, 2 * (size_t)s->in_channels * sizeof(float));
    float *products = planes + gradient_floats;
    SQUARE_NAME(transform_tile)(planes, &gradient, q, s->out_channels);
    const ptrdiff_t first = ((ptrdiff_t)image * s->height + row) * s->width;
    const NAME(steps) steps = {(ptrdiff_t)s->height * s->width, s->width, 1};
    const int turns = POINTS * register_groups(q.count, s->in_channels, DENSE_PIXELS);
    NAME(prefetch) prefetch = NAME(backward_prefetch)(s, a, image, count, row, rows, turns);
    if (t + 1 == tile_end) prefetch = (NAME(prefetch)){0};
    for (int c = 0; c < s->in_channels; c += DENSE_BLOCK) {
      const int width = min_int(DENSE_BLOCK, s->in_channels - c);
      SQUARE_NAME(multiply)(products, 0, planes, q.count, s->out_channels,
                            a->weights + (ptrdiff_t)c * POINTS * s->out_channels, (ptrdiff_t)s->out_channels * width,
                            width, &prefetch);
      const NAME(input_gradient) context = {s, a, first, c, width, sums + c};
      SQUARE_NAME(epilogue_squares)(products, q, rows, s->out_width, width, steps, NAME(prefetch_input_gradient),
                                    NAME(epilogue_input_gradient), &context);
    }
  }
}

#undef OUT
#undef IN
#undef POINTS
#undef SQUARE_JOIN2
#undef SQUARE_JOIN
#undef SQUARE_NAME
#undef ONE_JOIN2
#undef ONE_JOIN
#undef ONE
#undef STORE_POINTS
