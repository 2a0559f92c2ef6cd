// A convolution, tile by tile: fill a padded tile with what the convolution sees, run the dot-product or outer-product
// loop over it, and finish the results while they are in cache.

#include "microkernels/dot_product.body.h"
#include "microkernels/outer_product.body.h"
#include "maps/moments.body.h"
#include "convolution/prefetch.body.h"
#include "convolution/tiles.body.h"
#include "convolution/epilogues.body.h"
#define WINOGRAD 4
#include "convolution/winograd.body.h"
#undef WINOGRAD
#define WINOGRAD 6
#include "convolution/winograd.body.h"
#undef WINOGRAD
#include "convolution/direct.body.h"
