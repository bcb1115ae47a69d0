//! Problem documents, as clients get them.

use super::causes::MAX_ECHO;
use super::*;
use crate::pipeline::parameter::ParameterError;
use crate::pipeline::plan;

#[test]
fn the_table_is_sound() {
    for (index, row) in PROBLEMS.iter().enumerate() {
        assert!((400..600).contains(&row.status), "{}", row.code);
        assert!(row.advice.ends_with('.'), "{}", row.code);
        assert!(!row.title.ends_with('.'), "{}", row.code);
        assert!(
            PROBLEMS
                .iter()
                .skip(index + 1)
                .all(|other| other.code != row.code)
        );
    }
    assert_eq!(Kind::InvalidParameter.row().code, "invalid-parameter");
    assert_eq!(Kind::WorkTimeout.row().code, "work-timeout");
}

#[test]
fn a_document_is_as_the_contract_has_it() {
    let problem = Problem::from(plan::Error::ImageTooLarge {
        width: 40_000,
        height: 30_000,
        frames: 1,
        limit: 100_000_000,
    });
    insta::assert_json_snapshot!(problem.document("id-1", ""), @r#"
    {
      "actual": 1200,
      "code": "image-too-large",
      "detail": "The image is 40000×30000 (1200 megapixels); this server decodes up to 100.",
      "limit": 100,
      "message": "The image is 40000×30000 (1200 megapixels); this server decodes up to 100.",
      "request_id": "id-1",
      "status": 422,
      "title": "The image is too large",
      "type": "/problems/image-too-large",
      "unit": "megapixels"
    }
    "#);
}

#[test]
fn a_client_sees_its_own_words_cut_and_cleaned() {
    let problem = Problem::from(ParameterError::Unknown {
        parameter: format!("a\r\nb{}", "x".repeat(500)),
        nearest: None,
    });
    let document = problem.document("", "");
    let echoed = document["parameter"].as_str().unwrap();
    assert_eq!(echoed.len(), MAX_ECHO);
    assert!(!echoed.contains(['\r', '\n']));
}

#[test]
fn causes_stay_inside() {
    let problem = Problem::internal("panicked at src/secret.rs");
    assert!(!problem.document("x", "").to_string().contains("secret"));
    assert_eq!(problem.cause(), Some("panicked at src/secret.rs"));
}
