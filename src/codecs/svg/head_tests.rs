//! What a drawing's beginning says, and what it may hide.

use super::tests::{many, read, svg};
use super::*;

#[test]
fn sizes_are_told_from_the_first_tag() {
    for (tag, expected) in [
        ("<svg width='30' height='20'>", Some((30.0, 20.0))),
        ("<svg width=\"30px\" height=\" 2e1 \">", Some((30.0, 20.0))),
        ("<svg:svg height='1in' width='1in'/>", Some((96.0, 96.0))),
        ("<svg width='72pt' height='25.4mm'>", Some((96.0, 96.0))),
        ("<svg width='2em' height='2ex'>", Some((24.0, 12.0))),
        ("<svg viewBox='0 0 30 20'>", Some((30.0, 20.0))),
        ("<svg viewBox='1,2, 30,-20'>", None),
        ("<svg width='60' viewBox='0 0 30 20'>", Some((60.0, 40.0))),
        ("<svg height='10' viewBox='0 0 30 20'>", Some((15.0, 10.0))),
        (
            "<svg width='50%' height='100%' viewBox='0 0 30 20'>",
            Some((15.0, 20.0)),
        ),
        ("<svg width='100%' height='100%'>", None),
        ("<svg stroke-width='9' width='30'>", None),
        (
            "<svg title='width=\"7\" > ' width='3' height='4'>",
            Some((3.0, 4.0)),
        ),
        (
            "<?xml version='1.0'?><!-- <svg width='1'> --><svg width='3' height='4'>",
            Some((3.0, 4.0)),
        ),
        (
            "<!DOCTYPE svg [<!ENTITY a '<svg>'>]><svg width='3' height='4'>",
            Some((3.0, 4.0)),
        ),
        ("\u{feff}\n <svg width='3' height='4'>", Some((3.0, 4.0))),
    ] {
        assert_eq!(head::size(tag.as_bytes()), Ok(expected), "{tag}");
    }
    for other in [
        "",
        "<svgx>",
        "<html><svg>",
        "svg",
        "<!--<svg>",
        "<svg width='3",
    ] {
        assert!(!starts(other.as_bytes()), "{other}");
    }
    // What would have to be laid out to be known isn't.
    let unsized_one = b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M5 5H40V30H5'/></svg>";
    let error = probe(unsized_one).unwrap_err().to_string();
    assert!(error.contains("viewBox"), "{error}");
}

/// Whatever stands in a document type, tags behind it are counted.
#[test]
fn document_types_hide_nothing() {
    let attributes = many(400, |i| format!(" a{i}=''"));
    for before in [
        "<!DOCTYPE svg SYSTEM \"<!--\">",
        "<!DOCTYPE svg PUBLIC '<?' \"<!--\">",
        "<!DOCTYPE svg [<!ENTITY a \"<!--\">]>",
        "<!DOCTYPE svg [<!ENTITY a '<?'>]>",
        "<!DOCTYPE svg [<!ELEMENT <!-- >]>",
        "<!DOCTYPE svg [<!ELEMENT ' ><!-- ' -->]>",
        "<!DOCTYPE svg [<!ELEMENT ' ><!-- ' ]> <? -->]>",
        "<!DOCTYPE svg [<!ATTLIST a b CDATA \"<!--\">]>",
        "<!DOCTYPE svg [<!NOTATION a '] > <?x ]> ?> ] >",
    ] {
        let file = format!(
            "{before}<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'{attributes}/><!-- --><?a ?>"
        );
        let got = probe(file.as_bytes());
        let Err(Error::TooComplex { what, .. }) = &got else {
            panic!("{before}: {got:?}");
        };
        assert_eq!(what, "attributes of one element", "{before}");
        let plain = file.replace(&attributes, "");
        assert!(read(plain.as_bytes(), None).is_ok(), "{before}");
    }
    let inside = format!(
        "<!DOCTYPE svg [<!ENTITY a '<g{}/>'>]>",
        attributes.replace('\'', "\"")
    );
    let file = [inside.as_bytes(), &svg("&a;")].concat();
    assert!(matches!(probe(&file), Err(Error::TooComplex { .. })));
    for wrong in [
        "<!DOCTYPE svg [<!a>]>",
        "<!DOCTYPE svg [ ] svg>",
        "<!DOCTYPE svg [<!-- ]>",
    ] {
        let file = [wrong.as_bytes(), &svg("")].concat();
        assert!(probe(&file).is_err(), "{wrong}");
    }
}

/// Where a size is hidden from who reads the first tag alone, nothing is stretched.
#[test]
fn sizes_that_arent_stated_plainly_are_refused() {
    let file = b"<!DOCTYPE svg [<!ENTITY w '50'>]><svg xmlns='http://www.w3.org/2000/svg' width='&w;' height='10' viewBox='0 0 100 100'/>";
    let error = read(file, None).unwrap_err().to_string();
    assert!(error.contains("size plainly"), "{error}");
    for plain in [
        "width='2em' height='2ex'",
        "width='50%' viewBox='0 0 30 20'",
        "height='.3' viewBox='0 0 30 20'",
        "viewBox='0 0 3.5 2.5'",
        "width='1in' height='25.4mm'",
    ] {
        let file = format!("<svg xmlns='http://www.w3.org/2000/svg' {plain}/>");
        assert!(read(file.as_bytes(), None).is_ok(), "{plain}");
    }
}
