#include <math.h>

#include "dense_kernels.h"

void dense_softmax_cross_entropy(double *loss, int *correct, float *dlogits, const float *logits,
                                 const int32_t *labels, int rows, int classes, float scale) {
  *correct = 0;
  for (int r = 0; r < rows; r++) {
    const float *row = logits + (ptrdiff_t)r * classes;
    int best = 0;
    for (int k = 1; k < classes; k++) {
      if (row[k] > row[best]) best = k;
    }
    double total = 0.0;
    for (int k = 0; k < classes; k++) total += exp((double)row[k] - row[best]);
    loss[r] = log(total) - ((double)row[labels[r]] - row[best]);
    *correct += best == labels[r];
    if (!dlogits) continue;
    for (int k = 0; k < classes; k++) {
      const double p = exp((double)row[k] - row[best]) / total;
      dlogits[(ptrdiff_t)r * classes + k] = (float)((p - (k == labels[r])) * scale);
    }
  }
}
