#ifndef IMAGE_CODECS_H
#define IMAGE_CODECS_H

#include <stddef.h>

// JPEG by libjpeg-turbo, PNG by libpng, WebP by libwebp, GIF by giflib and TIFF by libtiff, from memory to memory. Some
// libraries report errors by longjmp, which must not pass Swift's frames: every function here ends it and answers a
// status. What is wanted of a file, and how much of it, is the caller's affair.

typedef enum {
  IMAGE_OK = 0,
  // The bytes end before the image does.
  IMAGE_TRUNCATED,
  // The bytes contradict themselves.
  IMAGE_DAMAGED,
  // The library does not decode this kind.
  IMAGE_UNSUPPORTED,
  IMAGE_OUT_OF_MEMORY,
} image_status;

enum { IMAGE_MESSAGE_SIZE = 256 };

typedef struct {
  size_t width;
  size_t height;
  // Interleaved 8-bit values of a pixel: 1 grey, 3 RGB, 4 CMYK as the file stores it.
  int channels;
} image_header;

// A status, and the library's words where it is not IMAGE_OK.
typedef struct {
  image_status status;
  char message[IMAGE_MESSAGE_SIZE];
} image_result;

// Reads what a file says of its image; allocates nothing of the image's size.
image_result image_jpeg_header(const unsigned char *bytes, size_t count, image_header *header);
image_result image_png_header(const unsigned char *bytes, size_t count, image_header *header);
image_result image_webp_header(const unsigned char *bytes, size_t count, image_header *header);

// Of the first frame of a GIF, whose one channel is a colour's index. The canvas is the screen, enlarged where the frame
// reaches beyond it.
typedef struct {
  // The number of colours; 0 where the file has no palette.
  int colors;
  // The index around the frame: the transparent one, else 0.
  int fill;
  // Red, green and blue.
  unsigned char palette[768];
} image_gif_layout;

image_result image_gif_header(
  const unsigned char *bytes, size_t count, image_header *header, image_gif_layout *layout);

// Of the first page of a TIFF, whose channels are its samples.
typedef struct {
  // Of a sample as the file has it; fewer than 8 stay unscaled, of 16 the high byte is decoded.
  int bits;
  // The TIFF tag of this name: 0 and 1 grey, 2 RGB, 3 an index into the palette, 5 CMYK, 6 RGB made of YCbCr.
  int photometric;
  // Whether the last channel is an alpha by which the others are multiplied. Other alphas are not decoded.
  int is_premultiplied;
  unsigned char palette[768];
} image_tiff_layout;

image_result image_tiff_header(
  const unsigned char *bytes, size_t count, image_header *header, image_tiff_layout *layout);

// Decodes the image to `pixels` [height, width, channels], as the header functions gave them.
//
// A JPEG is decoded by the accurate integer transform with smooth upsampling. Corruption that the library only warns
// of, since it makes up pixels, is IMAGE_DAMAGED; more scans than `scan_limit` are IMAGE_UNSUPPORTED.
// A PNG loses its alpha channel, palettes become RGB, fewer than 8 bits are scaled to 8 and of 16 the high byte stays.
// A WebP loses its alpha channel; of an animation the first frame is decoded, on black.
image_result image_jpeg_pixels(
  const unsigned char *bytes, size_t count, const image_header *header, int scan_limit, unsigned char *pixels);
image_result image_png_pixels(
  const unsigned char *bytes, size_t count, const image_header *header, unsigned char *pixels);
image_result image_webp_pixels(
  const unsigned char *bytes, size_t count, const image_header *header, unsigned char *pixels);
image_result image_gif_pixels(
  const unsigned char *bytes, size_t count, const image_header *header, unsigned char *pixels);
image_result image_tiff_pixels(
  const unsigned char *bytes, size_t count, const image_header *header, unsigned char *pixels);

// Encodes `pixels` [height, width, channels] (1 grey, 3 RGB) as PNG. image_png_free takes `*bytes` back.
image_result image_png_encode(
  const unsigned char *pixels, const image_header *header, unsigned char **bytes, size_t *count);
void image_png_free(unsigned char *bytes);

#endif
