//! What a picture is: from its header, and, where that is asked for, from its pixels.

use axum::Json;
use axum::extract::{Request, State as Extract};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use serde_json::{Value, json};

use super::layers::Facts;
use super::operate::context;
use super::problem::Problem;
use super::{State, extract, named};
use crate::codecs::{self, Colour, Header, Model};
use crate::pipeline::gist::{Gist, Hash, Wanted};
use crate::pipeline::operation;
use crate::pipeline::parameter::Grammar;
use crate::pipeline::request;
use crate::service::{Context, Service, Source};

/// The route.
pub(super) async fn info(
    Extract(state): Extract<State>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let context = context(&parts)?;
    let (service, settings) = (&state.0.service, &state.0.settings);
    let rules = state.rules();
    let imaginary = rules.grammar == Grammar::Imaginary;
    let mut query = extract::query(&parts);
    let source = named::split(&mut query);
    // What is wrong with it is known before the body.
    Wanted::parse(&query, &[], rules)?;
    let mut fields = Vec::new();
    let is_named = named::names_its_picture(&parts.method);
    let source = if is_named {
        let wanted = named::wanted(source, &parts, &settings.fetch, service.sources())?;
        let fetched = service.fetch(&wanted, &context).await;
        fetched.map_err(|error| named::about(error, &wanted))?
    } else {
        let wanted = extract::Wanted {
            second: false,
            fields: !imaginary && !state.0.access.wants_signature(),
        };
        let upload = extract::upload(&parts, body, wanted, &state, &context).await?;
        fields = upload.fields;
        upload.source
    };
    let wanted = Wanted::parse(&query, &fields, rules)?;
    if imaginary {
        service.recognise(&source)?;
        // It reads them all, and uses none.
        if let Some(row) = operation::named("autorotate") {
            request::parse(row, &query, &[], rules)?;
        }
    }
    let header = service.info(&source, wanted.page(), &context).await?;
    wanted.check(&header)?;
    if imaginary {
        service.check(&header)?;
    }
    let facts = Facts {
        bytes_in: source.bytes.len() as u64,
        source: header.format.name(),
        source_size: (header.width, header.height),
        format: None,
        size: (0, 0),
    };
    let said = all(service, source, header, wanted, &context).await?;
    let mut response = Json(said).into_response();
    response.extensions_mut().insert(facts);
    if is_named {
        let headers = response.headers_mut();
        named::cached(headers, &parts, &settings.fetch, &state.0.access);
    }
    Ok(response)
}

/// All that is said of a picture of that header.
pub(super) async fn all(
    service: &Service,
    source: Source,
    header: Header,
    wanted: Wanted,
    context: &Context,
) -> Result<Value, Problem> {
    let mut said = described(&header);
    add_facts(&mut said, &codecs::Facts::of(&source.bytes, &header));
    if wanted.looks() {
        let gist = service.gist(source, header, wanted, context).await?;
        described_further(&mut said, &gist);
    }
    Ok(said)
}

/// imaginary's keys first, then ours.
fn described(header: &Header) -> Value {
    let (width, height) = header.displayed();
    let (space, channels) = match header.model {
        Model::Gray => ("b-w", 1),
        Model::GrayAlpha => ("b-w", 2),
        Model::Rgba if header.opaque => ("srgb", 3),
        Model::Rgb | Model::YCbCr { .. } => ("srgb", 3),
        Model::Rgba => ("srgb", 4),
        Model::Cmyk => ("cmyk", 4),
    };
    let animation = header.animation;
    json!({
        "width": header.width,
        "height": header.height,
        "type": header.format.name(),
        "space": space,
        "hasAlpha": header.has_alpha(),
        "hasProfile": matches!(header.colour, Colour::Icc(_)),
        "channels": channels,
        "orientation": header.stated.unwrap_or(0),
        "displayWidth": width,
        "displayHeight": height,
        "bitDepth": header.bit_depth,
        "frames": header.frames,
        "plays": animation.map(|animation| animation.plays),
        "durationMs": animation.map(|animation| animation.duration),
        "progressive": header.progressive,
        "detail": header.detail,
    })
}

/// What the file says of itself beside its header, where it says anything.
fn add_facts(said: &mut Value, facts: &codecs::Facts) {
    if let Some(profile) = &facts.profile {
        said["profile"] = profile.as_str().into();
    }
    let texts = facts
        .texts
        .iter()
        .map(|(name, text)| (*name, text.as_str().into()));
    let numbers = facts
        .numbers
        .iter()
        .map(|(name, number)| (*name, (*number).into()));
    let place = facts.has_place.then(|| ("hasLocation", true.into()));
    let all = texts.chain(numbers).chain(place);
    let all: serde_json::Map<String, Value> =
        all.map(|(name, value)| (name.to_owned(), value)).collect();
    if !all.is_empty() {
        said["exif"] = all.into();
    }
}

/// What was looked for in the pixels.
fn described_further(said: &mut Value, gist: &Gist) {
    match &gist.hash {
        Some((Hash::Thumb, hash)) => said["thumbhash"] = BASE64.encode(hash).into(),
        Some((Hash::Blur, hash)) => said["blurhash"] = String::from_utf8_lossy(hash).into(),
        None => {}
    }
    if !gist.colours.is_empty() {
        let colour = |([r, g, b], share): &([u8; 3], u16)| {
            json!({
                "color": format!("#{r:02x}{g:02x}{b:02x}"),
                "share": f64::from(*share) / 1000.0,
            })
        };
        said["colors"] = gist.colours.iter().map(colour).collect();
    }
}
