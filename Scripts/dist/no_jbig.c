// Stands in for JBIG-KIT where libtiff is linked statically: libtiff then reports a picture that is compressed so as
// damaged, with the text below. The functions are those that libtiff names.

#include <stddef.h>

int jbg_dec_in(void *decoder, unsigned char *data, size_t count, size_t *used);
const char *jbg_strerror(int number);
int jbg_newlen(unsigned char *data, size_t count);
void jbg_dec_init(void *decoder);
void jbg_dec_free(void *decoder);
unsigned long jbg_dec_getsize(const void *decoder);
unsigned char *jbg_dec_getimage(const void *decoder, int plane);
void jbg_enc_init(void *encoder, unsigned long width, unsigned long height, int planes, unsigned char **data,
                  void (*write)(unsigned char *, size_t, void *), void *target);
void jbg_enc_out(void *encoder);
void jbg_enc_free(void *encoder);

int jbg_dec_in(void *decoder, unsigned char *data, size_t count, size_t *used) {
  (void)decoder, (void)data, (void)count, (void)used;
  return 1;
}

const char *jbg_strerror(int number) {
  (void)number;
  return "this build reads no JBIG compression";
}

int jbg_newlen(unsigned char *data, size_t count) {
  (void)data, (void)count;
  return 0;
}

void jbg_dec_init(void *decoder) { (void)decoder; }
void jbg_dec_free(void *decoder) { (void)decoder; }

// Never called: nothing is decoded, and no TIFF is written.
unsigned long jbg_dec_getsize(const void *decoder) {
  (void)decoder;
  return 0;
}

unsigned char *jbg_dec_getimage(const void *decoder, int plane) {
  (void)decoder, (void)plane;
  return NULL;
}

void jbg_enc_init(void *encoder, unsigned long width, unsigned long height, int planes, unsigned char **data,
                  void (*write)(unsigned char *, size_t, void *), void *target) {
  (void)encoder, (void)width, (void)height, (void)planes, (void)data, (void)write, (void)target;
}

void jbg_enc_out(void *encoder) { (void)encoder; }
void jbg_enc_free(void *encoder) { (void)encoder; }
