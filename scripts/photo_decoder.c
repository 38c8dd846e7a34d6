/* What a page needs of libjpeg-turbo and Little CMS to read a photo as Pillow does: a JPEG at a fraction of its size, and
   the colours of a profile as sRGB. scripts/build_photo_decoder.py makes WebAssembly of it.

   One instance reads one photo, so nothing is freed. What fails is told by `failure` after the trap. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jpeglib.h"
#include "jerror.h"
#include "lcms2.h"

#define EXPORT(name) __attribute__((export_name(#name)))

enum { NOTHING, INCOMPLETE, DAMAGED, NO_MEMORY };

#define SAME 2 /* levels by which a profile may differ from sRGB and still be one: tlcore/data/colour_profiles.py */
#define STEPS 18

static int failed;
static struct jpeg_decompress_struct photo;
static struct jpeg_error_mgr errors;
static struct jpeg_source_mgr source;

EXPORT(failure) int failure(void) { return failed; }

static _Noreturn void fail(int why) {
  failed = why;
  __builtin_trap();
}

EXPORT(reserve) void *reserve(size_t size) {
  void *place = malloc(size);
  if (!place) fail(NO_MEMORY);
  return place;
}

/* Little CMS can also use files and the clock. Without them the WebAssembly imports nothing: it can do nothing but
   compute. The build script calls them by these other names, since libc's own ones come with more. */

FILE *fopen(const char *path, const char *mode) { return NULL; }
int fclose(FILE *file) { return EOF; }
size_t fread(void *to, size_t size, size_t count, FILE *file) { return 0; }
size_t fwrite(const void *from, size_t size, size_t count, FILE *file) { return 0; }
int fseek(FILE *file, long at, int from) { return -1; }
long ftell(FILE *file) { return -1; }
int remove(const char *path) { return -1; }
time_t time(time_t *now) { return 0; }

/* JPEG */

static void on_error(j_common_ptr common) {
  fail(common->err->msg_code == JERR_OUT_OF_MEMORY ? NO_MEMORY : DAMAGED);
}
static void on_message(j_common_ptr common, int level) {}
static void say_nothing(j_common_ptr common) {}
static void forget(j_common_ptr common) {}
static void start(j_decompress_ptr jpeg) {}
static boolean want_more(j_decompress_ptr jpeg) { fail(INCOMPLETE); }
static void skip(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  if ((size_t)count > source.bytes_in_buffer) fail(INCOMPLETE);
  source.next_input_byte += count;
  source.bytes_in_buffer -= count;
}

/* Reads the header; `width` and `height` are then those of the file. */
EXPORT(open_jpeg) void open_jpeg(const unsigned char *data, size_t size) {
  errors.error_exit = on_error;
  errors.emit_message = on_message;
  errors.output_message = say_nothing;
  errors.reset_error_mgr = forget;
  photo.err = &errors;
  jpeg_create_decompress(&photo);
  source.init_source = start;
  source.fill_input_buffer = want_more;
  source.skip_input_data = skip;
  source.resync_to_restart = jpeg_resync_to_restart;
  source.term_source = start;
  source.next_input_byte = data;
  source.bytes_in_buffer = size;
  photo.src = &source;
  jpeg_read_header(&photo, TRUE);
}

EXPORT(width) int width(void) { return photo.output_width ? photo.output_width : photo.image_width; }
EXPORT(height) int height(void) { return photo.output_height ? photo.output_height : photo.image_height; }
EXPORT(channels) int channels(void) { return photo.num_components; }

/* The pixels at 1/`fraction` of the size, row by row: grey, RGB or CMYK. As Pillow does, inks are taken as inverted. */
EXPORT(read_jpeg) unsigned char *read_jpeg(int fraction) {
  photo.scale_num = 1;
  photo.scale_denom = fraction;
  photo.out_color_space = photo.num_components == 1 ? JCS_GRAYSCALE : photo.num_components == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_start_decompress(&photo);
  size_t line = (size_t)photo.output_width * photo.output_components;
  unsigned char *pixels = reserve(line * photo.output_height);
  while (photo.output_scanline < photo.output_height) {
    JSAMPROW row = pixels + line * photo.output_scanline;
    jpeg_read_scanlines(&photo, &row, 1);
  }
  if (photo.num_components == 4)
    for (size_t at = 0; at < line * photo.output_height; at++) pixels[at] = 255 - pixels[at];
  return pixels;
}

/* Colours */

static int changes(cmsHTRANSFORM transform, int channels) {
  unsigned char from[3], to[3];
  int steps = channels == 1 ? 256 : STEPS * STEPS * STEPS;
  if (channels == 4) return 1;
  for (int each = 0; each < steps; each++) {
    from[0] = channels == 1 ? each : each % STEPS * 15;
    from[1] = channels == 1 ? each : each / STEPS % STEPS * 15;
    from[2] = channels == 1 ? each : each / STEPS / STEPS * 15;
    cmsDoTransform(transform, from, to, 1);
    for (int channel = 0; channel < 3; channel++)
      if (abs(from[channel] - to[channel]) > SAME) return 1;
  }
  return 0;
}

/* What makes sRGB of a profile's colours; NULL where it changes nothing, is broken, or is for another kind of picture. */
static cmsHTRANSFORM transform_of(const void *profile, size_t size, int channels) {
  cmsUInt32Number kind = channels == 1 ? TYPE_GRAY_8 : channels == 3 ? TYPE_RGB_8 : TYPE_CMYK_8;
  cmsHPROFILE from = size ? cmsOpenProfileFromMem(profile, size) : NULL;
  if (!from) return NULL;
  cmsHTRANSFORM made = cmsCreateTransform(from, kind, cmsCreate_sRGBProfile(), TYPE_RGB_8, INTENT_PERCEPTUAL, 0);
  return made && changes(made, channels) ? made : NULL;
}

/* Pillow's MULDIV255 */
static int share(int one, int other) {
  int product = one * other + 128;
  return ((product >> 8) + product) >> 8;
}

static void plain_rgb(const unsigned char *from, unsigned char *to, int channels) {
  for (int channel = 0; channel < 3; channel++) {
    if (channels == 1) to[channel] = from[0];
    if (channels == 3) to[channel] = from[channel];
    if (channels == 4) {
      int light = 255 - from[3] - share(from[channel], 255 - from[3]);
      to[channel] = light < 0 ? 0 : light;
    }
  }
}

/* `count` pixels of 1, 3 or 4 channels as sRGB, by a profile of `size` bytes (0: none). */
EXPORT(to_srgb) unsigned char *to_srgb(const unsigned char *pixels, size_t count, int channels, const void *profile, size_t size) {
  cmsHTRANSFORM transform = transform_of(profile, size, channels);
  if (!transform && channels == 3) return (unsigned char *)pixels;
  unsigned char *made = reserve(count * 3);
  if (transform) cmsDoTransform(transform, pixels, made, count);
  else for (size_t at = 0; at < count; at++) plain_rgb(pixels + at * channels, made + at * 3, channels);
  return made;
}
