//! A GET: the picture that its query names, what goes with the fetch, and how long the answer may be kept.

use std::time::{Duration, SystemTime};

use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, EXPIRES, HeaderName, IF_NONE_MATCH, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};

use super::access::Access;
use super::problem::{Kind, Problem};
use crate::service::{self, Holds};
use crate::source::{FETCHER, Refusal, Sources, Wanted};

/// What goes with fetches and their answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchSettings {
    /// Headers of a request that go to the source too.
    pub forwarded: Vec<HeaderName>,
    /// Whether the client's credentials go to it.
    pub forward_authorization: bool,
    /// Credentials of our own for every source.
    pub authorization: Option<HeaderValue>,
    /// How long a picture may be kept by caches; nothing is said where there is none.
    pub cache_ttl: Option<Duration>,
}

/// A client's credentials for the source, if they aren't those for us.
const X_FORWARD_AUTHORIZATION: HeaderName = HeaderName::from_static("x-forward-authorization");

/// Parameters that name a picture.
const NAMES: [&str; 3] = ["url", "file", "object"];

/// What each of [`NAMES`] says: every value that isn't empty, once.
pub(super) type Values = [Vec<String>; 3];

/// Whether the method is one that names its picture.
pub(super) fn names_its_picture(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// Takes what names a picture out of the query: operations know nothing of it.
///
/// On a POST it says nothing, as in imaginary. An empty `key` is no key.
pub(super) fn split(query: &mut Vec<(String, String)>) -> Values {
    let mut values = Values::default();
    query.retain(|(name, value)| {
        if name == "key" && value.is_empty() {
            return false;
        }
        let Some(place) = NAMES.iter().position(|known| known == name) else {
            return true;
        };
        if let Some(given) = values.get_mut(place)
            && !value.is_empty()
            && !given.contains(value)
        {
            given.push(value.clone());
        }
        false
    });
    values
}

/// The picture that a GET names, and what of its head goes with it.
pub(super) fn wanted(
    [url, file, object]: Values,
    parts: &Parts,
    settings: &FetchSettings,
    sources: &Sources,
) -> Result<Wanted, Problem> {
    if is_looping(&parts.headers) {
        return Err(Problem::new(
            Kind::ForbiddenSource,
            "The request comes from a server like this one that fetches its image from here. Send it the image, or name where it is from.",
        ));
    }
    if url.len() + file.len() + object.len() > 1 {
        let first = match (url.first(), file.first()) {
            (Some(_), _) => "url",
            (None, Some(_)) => "file",
            (None, None) => "object",
        };
        return Err(Problem::new(
            Kind::InvalidParameter,
            "The request names more than one picture. Name one.",
        )
        .with("parameter", first)
        .with("allowed", "one url, one file or one object"));
    }
    match (url.first(), file.first(), object.first()) {
        (Some(url), ..) if sources.has_remote() => {
            Ok(Wanted::url(url, forwarded(&parts.headers, settings))?)
        }
        (_, Some(file), _) if sources.has_files() => Ok(Wanted::file(file)?),
        (.., Some(object)) if sources.has_objects() => Ok(Wanted::object(object)?),
        (None, None, None) => Err(Problem::new(
            Kind::MissingImage,
            "A GET has to name its image: by the parameter url, file or object, whichever this server reads.",
        )
        .with("parameter", "url")),
        _ => Err(crate::source::Error::Forbidden(Refusal::Kind).into()),
    }
}

/// A failure to get it, or to work on it, that tells clients of imaginary what it was about.
pub(super) fn about(error: service::Error, wanted: &Wanted) -> Problem {
    let problem = Problem::from(error);
    match wanted {
        Wanted::Url { url, .. } => problem.about(url.as_str()),
        Wanted::File(_) | Wanted::Object(_) => problem,
    }
}

/// Whether it is a fetch of one of us (RFC 8586). One URL could else lead round and round, and hold a connection at each turn.
fn is_looping(headers: &HeaderMap) -> bool {
    let values = headers.get_all(&FETCHER.0).iter();
    let listed = values.flat_map(|value| value.as_bytes().split(|&byte| byte == b','));
    let mut names = listed.filter_map(|item| item.split(|&byte| byte == b';').next());
    names.any(|name| name.trim_ascii().eq_ignore_ascii_case(FETCHER.1.as_bytes()))
}

/// What of a client's head goes to the source.
fn forwarded(headers: &HeaderMap, settings: &FetchSettings) -> HeaderMap {
    let mut sent = HeaderMap::new();
    for name in &settings.forwarded {
        for value in headers.get_all(name) {
            sent.append(name, value.clone());
        }
    }
    let theirs = || {
        headers
            .get(X_FORWARD_AUTHORIZATION)
            .or_else(|| headers.get(AUTHORIZATION))
            .filter(|_| settings.forward_authorization)
    };
    if let Some(value) = settings.authorization.as_ref().or_else(theirs) {
        let mut value = value.clone();
        value.set_sensitive(true);
        sent.insert(AUTHORIZATION, value);
    }
    sent
}

/// What the client says that it holds (RFC 9110, 13.1.2; a weak tag of ours is as good as a strong one here).
pub(super) fn holds(headers: &HeaderMap) -> Holds {
    let mut tags = Vec::new();
    for value in headers.get_all(IF_NONE_MATCH) {
        let Ok(value) = value.to_str() else { continue };
        if value.trim() == "*" {
            return Holds::Anything;
        }
        // None of our tags has a comma in it.
        let listed = value.split(',').map(str::trim);
        tags.extend(listed.map(|tag| tag.strip_prefix("W/").unwrap_or(tag).to_owned()));
    }
    if tags.is_empty() {
        Holds::Nothing
    } else {
        Holds::Tags(tags)
    }
}

/// Says how long an answer to a GET may be kept, and for whom: what was fetched with headers of the client's own is for that client,
/// whatever they are called, and so is all that a server with keys hands out: no cache in between knows of those. What a signed URL
/// shows may be kept by anybody, but not for longer than the URL holds.
pub(super) fn cached(
    answer: &mut HeaderMap,
    request: &Parts,
    settings: &FetchSettings,
    access: &Access,
) {
    let credentials = settings.forward_authorization && settings.authorization.is_none();
    let names = settings.forwarded.iter().cloned();
    let both = [AUTHORIZATION, X_FORWARD_AUTHORIZATION];
    let mut is_private = access.is_locked();
    for name in names.chain(both.into_iter().filter(|_| credentials)) {
        is_private |= request.headers.contains_key(&name);
        answer.append(VARY, HeaderValue::from(name));
    }
    let Some(ttl) = settings.cache_ttl else {
        return;
    };
    let now = SystemTime::now();
    let ttl = access
        .time_left(&request.uri, now)
        .map_or(ttl, |left| left.min(ttl));
    let seconds = ttl.as_secs();
    let control = match (seconds, is_private) {
        (0, _) => "private, no-cache, no-store, must-revalidate".to_owned(),
        (_, true) => format!("private, max-age={seconds}, no-transform"),
        (_, false) => format!("public, s-maxage={seconds}, max-age={seconds}, no-transform"),
    };
    if let Ok(control) = HeaderValue::from_str(&control) {
        answer.insert(CACHE_CONTROL, control);
    }
    // For caches of the last century, as imaginary says it.
    let end = now.checked_add(ttl).filter(|_| seconds > 0);
    if let Some(Ok(date)) = end.map(|end| HeaderValue::from_str(&httpdate::fmt_http_date(end))) {
        answer.insert(EXPIRES, date);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read() {
        let tags = |list: &[&str]| Holds::Tags(list.iter().map(|tag| (*tag).to_owned()).collect());
        for (values, expected) in [
            (&[][..], Holds::Nothing),
            (&["\"a\""], tags(&["\"a\""])),
            (&["W/\"a\", \"b\""], tags(&["\"a\"", "\"b\""])),
            (&["\"a\"", "\"b\""], tags(&["\"a\"", "\"b\""])),
            (&["*"], Holds::Anything),
            (&["\"a\"", " * "], Holds::Anything),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(IF_NONE_MATCH, value.parse().unwrap());
            }
            assert_eq!(holds(&headers), expected, "{values:?}");
        }
    }

    #[test]
    fn fetches_of_our_own_kind_are_known() {
        for (value, expected) in [
            ("pixmill", true),
            ("Pixmill; v=1", true),
            ("other, pixmill ;a=b, third", true),
            ("other; via=pixmill", false),
            ("pixmillion", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(FETCHER.0, value.parse().unwrap());
            assert_eq!(is_looping(&headers), expected, "{value}");
        }
        assert!(!is_looping(&HeaderMap::new()));
    }

    #[test]
    fn names_are_taken_out() {
        let pair = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let mut query: Vec<_> = [
            ("width", "5"),
            ("url", ""),
            ("url", "http://a.test"),
            ("url", "http://b.test"),
            ("url", "http://a.test"),
            ("file", ""),
            ("object", "a/b.png"),
            ("key", ""),
            ("key", "k"),
        ]
        .map(pair)
        .into();
        let values = split(&mut query);
        let urls = ["http://a.test", "http://b.test"].map(str::to_owned);
        let objects = vec!["a/b.png".to_owned()];
        assert_eq!(values, [urls.to_vec(), Vec::new(), objects]);
        assert_eq!(query, [("width", "5"), ("key", "k")].map(pair));
    }
}
