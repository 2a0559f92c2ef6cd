#include "fashion_sample.h"

static const unsigned char train_images[] = {
#embed "data/train-images-idx3-ubyte.gz"
};
static const unsigned char train_labels[] = {
#embed "data/train-labels-idx1-ubyte.gz"
};
static const unsigned char test_images[] = {
#embed "data/t10k-images-idx3-ubyte.gz"
};
static const unsigned char test_labels[] = {
#embed "data/t10k-labels-idx1-ubyte.gz"
};
static const unsigned char license[] = {
#embed "data/LICENSE"
};

#define FILE_OF(array) ((fashion_sample_file){array, sizeof(array)})

fashion_sample_file fashion_sample_train_images(void) { return FILE_OF(train_images); }
fashion_sample_file fashion_sample_train_labels(void) { return FILE_OF(train_labels); }
fashion_sample_file fashion_sample_test_images(void) { return FILE_OF(test_images); }
fashion_sample_file fashion_sample_test_labels(void) { return FILE_OF(test_labels); }
fashion_sample_file fashion_sample_license(void) { return FILE_OF(license); }
