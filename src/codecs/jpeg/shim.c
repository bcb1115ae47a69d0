/* libjpeg's errors jump. Here they are caught, so that no Rust frame is ever jumped over:
 * each call below sets its own target first, and a failed object may only be freed. */
#include "shim.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include <jerror.h>

/* Rows of a row of units: four blocks of eight. */
enum { PM_MOST_ROWS = 32 };

typedef struct {
    struct jpeg_error_mgr base; /* first, so that libjpeg's pointer is ours */
    jmp_buf target;
    int code;
    char message[JMSG_LENGTH_MAX];
} pm_errors;

struct pm_decoder {
    struct jpeg_decompress_struct info;
    struct jpeg_progress_mgr progress;
    pm_errors errors;
    pm_poll poll;
    void *context;
    int scan_limit;
    int chroma; /* eighths of planes 1 and 2; 0 for interleaved samples */
};

static void pm_error_exit(j_common_ptr info) {
    pm_errors *errors = (pm_errors *)info->err;
    errors->base.format_message(info, errors->message);
    errors->code = PM_FAILED;
    longjmp(errors->target, 1);
}

static void pm_give_up(j_common_ptr info, int code) {
    pm_errors *errors = (pm_errors *)info->err;
    errors->code = code;
    longjmp(errors->target, 1);
}

/* A warning means that pixels are made up: refuse, but for those that touch no pixel. */
static void pm_emit_message(j_common_ptr info, int level) {
    if (level >= 0) return;
    switch (info->err->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_BOGUS_ICC:
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_JFIF_MAJOR:
    case JWRN_TOO_MUCH_DATA:
        return;
    default:
        pm_error_exit(info);
    }
}

static void pm_output_message(j_common_ptr info) { (void)info; }

static struct jpeg_error_mgr *pm_errors_init(pm_errors *errors) {
    jpeg_std_error(&errors->base);
    errors->base.error_exit = pm_error_exit;
    errors->base.emit_message = pm_emit_message;
    errors->base.output_message = pm_output_message;
    return &errors->base;
}

/* ---- decoder ---- */

static void pm_decoder_progress(j_common_ptr info) {
    pm_decoder *decoder = (pm_decoder *)info->client_data;
    if (decoder->info.input_scan_number > decoder->scan_limit) pm_give_up(info, PM_SCANS);
    if (decoder->poll && decoder->poll(decoder->context)) pm_give_up(info, PM_STOPPED);
}

static int pm_decoder_init(pm_decoder *decoder) {
    decoder->info.err = pm_errors_init(&decoder->errors);
    if (setjmp(decoder->errors.target)) return decoder->errors.code;
    jpeg_create_decompress(&decoder->info);
    decoder->info.client_data = decoder;
    return PM_OK;
}

pm_decoder *pm_decoder_new(void) {
    pm_decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder) return NULL;
    if (pm_decoder_init(decoder) == PM_OK) return decoder;
    free(decoder);
    return NULL;
}

void pm_decoder_free(pm_decoder *decoder) {
    if (!decoder) return;
    if (!setjmp(decoder->errors.target)) jpeg_destroy_decompress(&decoder->info);
    free(decoder);
}

int pm_decoder_open(pm_decoder *decoder, const uint8_t *data, size_t length, unsigned eighths,
                    unsigned chroma, unsigned *width, unsigned *height, unsigned *components,
                    int *adobe) {
    struct jpeg_decompress_struct *info = &decoder->info;
    if (setjmp(decoder->errors.target)) return decoder->errors.code;
    jpeg_mem_src(info, data, length);
    jpeg_read_header(info, TRUE);
    info->scale_num = eighths;
    info->scale_denom = 8;
    info->dct_method = JDCT_ISLOW;
    info->do_fancy_upsampling = TRUE;
    switch (info->jpeg_color_space) {
    case JCS_GRAYSCALE: info->out_color_space = JCS_GRAYSCALE; break;
    case JCS_RGB:
    case JCS_YCbCr: info->out_color_space = JCS_RGB; break;
    case JCS_CMYK:
    case JCS_YCCK: info->out_color_space = JCS_CMYK; break;
    default: ERREXIT(info, JERR_CONVERSION_NOTIMPL);
    }
    decoder->chroma = (int)chroma;
    if (chroma) {
        info->out_color_space = info->jpeg_color_space;
        info->raw_data_out = TRUE;
        /* Only then may the scale of a component be set between the header and the output. */
        info->buffered_image = TRUE;
    }
    jpeg_calc_output_dimensions(info);
    *width = info->output_width;
    *height = info->output_height;
    *components = (unsigned)info->out_color_components;
    *adobe = info->saw_Adobe_marker;
    return PM_OK;
}

/* Reads all scans, then starts the output with each component's own scale. */
static void pm_decoder_start_planes(pm_decoder *decoder) {
    struct jpeg_decompress_struct *info = &decoder->info;
    while (jpeg_consume_input(info) != JPEG_REACHED_EOI) pm_decoder_progress((j_common_ptr)info);
    for (int index = 1; index < info->num_components; index++)
        info->comp_info[index].DCT_scaled_size = decoder->chroma;
    info->comp_info[0].DCT_scaled_size = info->min_DCT_scaled_size;
    jpeg_start_output(info, info->input_scan_number);
}

int pm_decoder_start(pm_decoder *decoder, pm_poll poll, void *context, int scan_limit) {
    struct jpeg_decompress_struct *info = &decoder->info;
    int code = PM_OK;
    decoder->poll = poll;
    decoder->context = context;
    decoder->scan_limit = scan_limit;
    decoder->progress.progress_monitor = pm_decoder_progress;
    info->progress = &decoder->progress;
    if (setjmp(decoder->errors.target)) {
        code = decoder->errors.code;
    } else {
        jpeg_start_decompress(info);
        if (decoder->chroma) pm_decoder_start_planes(decoder);
    }
    /* Rows are read in small groups, so that the caller polls; and the context is only lent. */
    info->progress = NULL;
    decoder->poll = NULL;
    decoder->context = NULL;
    return code;
}

int pm_decoder_read(pm_decoder *decoder, uint8_t *samples, size_t stride, unsigned rows) {
    struct jpeg_decompress_struct *info = &decoder->info;
    /* Read after a longjmp by nobody; volatile all the same, as the standard has it. */
    volatile unsigned done = 0;
    if (setjmp(decoder->errors.target)) return decoder->errors.code;
    while (done < rows && info->output_scanline < info->output_height) {
        JSAMPROW row = samples + stride * done;
        unsigned got = jpeg_read_scanlines(info, &row, 1);
        if (got == 0) return PM_FAILED;
        done += got;
    }
    return (int)done;
}

int pm_decoder_room(const pm_decoder *decoder, unsigned plane, unsigned *rows, unsigned *width) {
    const struct jpeg_decompress_struct *info = &decoder->info;
    if (plane >= (unsigned)info->num_components) return PM_FAILED;
    const jpeg_component_info *component = &info->comp_info[plane];
    *rows = (unsigned)(component->v_samp_factor * component->DCT_scaled_size);
    *width = component->width_in_blocks * (unsigned)component->DCT_scaled_size;
    return PM_OK;
}

int pm_decoder_read_planes(pm_decoder *decoder, uint8_t *const *samples, unsigned planes) {
    struct jpeg_decompress_struct *info = &decoder->info;
    JSAMPROW rows[3][PM_MOST_ROWS];
    JSAMPARRAY arrays[3];
    if (planes != (unsigned)info->num_components || planes > 3) return PM_FAILED;
    for (unsigned plane = 0; plane < planes; plane++) {
        unsigned count, width;
        pm_decoder_room(decoder, plane, &count, &width);
        if (count > PM_MOST_ROWS) return PM_FAILED;
        for (unsigned row = 0; row < count; row++) rows[plane][row] = samples[plane] + row * (size_t)width;
        arrays[plane] = rows[plane];
    }
    if (setjmp(decoder->errors.target)) return decoder->errors.code;
    if (jpeg_read_raw_data(info, arrays, PM_MOST_ROWS) == 0) return PM_FAILED;
    return PM_OK;
}

int pm_decoder_finish(pm_decoder *decoder) {
    if (setjmp(decoder->errors.target)) return decoder->errors.code;
    if (decoder->chroma) jpeg_finish_output(&decoder->info);
    jpeg_finish_decompress(&decoder->info);
    return PM_OK;
}

const char *pm_decoder_message(const pm_decoder *decoder) { return decoder->errors.message; }
