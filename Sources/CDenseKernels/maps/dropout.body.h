/// x = 0 where the hash of a value's place is below the threshold, else x * scale.
void NAME(drop)(void *map, int stride, int channels, ptrdiff_t pixels, const dense_dropout *d) {
  MAP *x = map;
  vu lanes;
  for (int i = 0; i < DENSE_LANES; i++) lanes[i] = (uint32_t)i;
  for (ptrdiff_t p = 0; p < pixels; p++, x += stride) {
    const uint32_t first = (uint32_t)(d->first_pixel + p) * (uint32_t)channels;
    for (int c = 0; c < channels; c += DENSE_LANES) {
      // lowbias32 (Chris Wellons 2018, public domain), twice: once for the place, once more with the rest of the seed.
      vu hash = (lanes + (first + (uint32_t)c)) ^ d->seed[0];
      for (int round = 0; round < 2; round++) {
        hash ^= hash >> 16;
        hash *= 0x7feb352du;
        hash ^= hash >> 15;
        hash *= 0x846ca68bu;
        hash ^= hash >> 16;
        hash += d->seed[1];
      }
      const vi dropped = (vi)(hash < (vu)(d->threshold));
      const vf value = LOAD_MAP(x + c) * d->scale, kept = dropped ? SPLAT(0.0f) : value;
      STORE_MAP(x + c, kept);
    }
  }
}
