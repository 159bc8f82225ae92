//! What the reader accepts, and every way in which a document may be refused.

use std::path::Path;

use proptest::prelude::*;

use super::{Error, Event, Node, Reader};

fn reader(bytes: impl Into<Vec<u8>>) -> Result<Reader, Error> {
    Reader::from_bytes(Path::new("some.xml"), bytes.into())
}

fn tree(bytes: impl Into<Vec<u8>>) -> Result<Node, Error> {
    let mut reader = reader(bytes)?;
    reader.next_event()?;
    let node = reader.subtree()?;
    while reader.next_event()?.is_some() {}
    Ok(node)
}

fn refusal(bytes: impl Into<Vec<u8>>) -> String {
    tree(bytes).expect_err("the document is refused").to_string()
}

#[test]
fn a_tree_has_names_without_prefixes_and_texts_without_references() {
    let node = tree(
        "<?xml version=\"1.0\"?>\n<!-- c --><x:a xmlns:x='urn:x' Ccy=\"E&amp;R\">\n <x:b>1 &lt; 2&#33;</x:b>\
         <x:b><![CDATA[<raw>]]></x:b>\n <c/></x:a>\n",
    )
    .expect("a document");
    assert_eq!(node.name, "a");
    assert_eq!(node.text, "");
    assert_eq!(node.attribute("Ccy"), Some("E&R"));
    assert_eq!(node.text_at("b"), Some("1 < 2!"));
    let texts: Vec<&str> = node.children("b").map(|child| child.text.as_str()).collect();
    assert_eq!(texts, ["1 < 2!", "<raw>"]);
    assert_eq!(node.text_at("c"), None);
}

#[test]
fn a_path_leads_through_the_first_element_that_leads_on() {
    let node = tree("<r><s><u>1</u></s><s><t> 2 </t></s></r>").expect("a document");
    assert_eq!(node.text_at("s/t"), Some("2"));
    assert_eq!(node.at("s/t/v"), None);
}

#[test]
fn events_carry_the_namespace_of_their_element() {
    let mut reader = reader("<Document xmlns=\"urn:one\"><a/></Document>").expect("a document");
    let Some(Event::Start { namespace, .. }) = reader.next_event().expect("an event") else {
        panic!("the document begins with its element");
    };
    assert_eq!(namespace.as_deref(), Some("urn:one"));
    reader.next_event().expect("an event");
    reader.skip().expect("an element");
    assert_eq!(
        reader.next_event().expect("an event"),
        Some(Event::End {
            name: "Document".to_owned()
        })
    );
    assert_eq!(reader.next_event().expect("the end"), None);
}

#[test]
fn the_encoding_is_that_of_the_mark_or_the_declaration() {
    let text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?><a>K\u{f6}ln</a>";
    let mut marked = vec![0xff, 0xfe];
    marked.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let bare: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>K\xf6ln</a>".to_vec();
    let utf8 = "\u{feff}<a>K\u{f6}ln</a>".as_bytes().to_vec();
    for bytes in [marked, bare, latin, utf8] {
        assert_eq!(tree(bytes).expect("a document").text, "K\u{f6}ln");
    }
}

#[test]
fn mixed_encodings_are_refused() {
    let refusal = refusal(b"<?xml version='1.0' encoding='UTF-8'?><a>K\xc3\xb6ln K\xf6ln</a>".to_vec());
    assert!(refusal.contains("bytes that are not UTF-8"), "{refusal}");
    assert!(
        reader("<?xml version='1.0' encoding='klingon'?><a/>").is_err(),
        "an unknown encoding is refused"
    );
}

#[test]
fn billion_laughs_are_refused_with_their_document_type() {
    let refusal = refusal(
        "<?xml version=\"1.0\"?><!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><l>&b;</l>",
    );
    assert!(refusal.contains("<!DOCTYPE"), "{refusal}");
}

#[test]
fn entities_that_xml_does_not_have_are_refused() {
    for document in [
        "<a>&nbsp;</a>",
        "<a b=\"&file;\"/>",
        "<a>&#0;</a>",
        "<a>fish & chips</a>",
    ] {
        assert!(tree(document).is_err(), "{document}");
    }
}

#[test]
fn documents_that_are_not_whole_are_refused() {
    for document in [
        "",
        "   ",
        "text",
        "<a>",
        "<a><b></a></b>",
        "<a/><b/>",
        "<a/>text",
        "<x:a/>",
        "<a b='1' b='2'/>",
        "<a b=1/>",
        "<a",
        "<a><!-- ",
    ] {
        assert!(tree(document).is_err(), "{document:?}");
    }
}

#[test]
fn depth_attributes_and_texts_are_bounded() {
    let deep = format!("{}{}", "<a>".repeat(65), "</a>".repeat(65));
    assert!(refusal(deep).contains("depth of nesting of at most 64 expected, got 65"));
    let attributes: Vec<String> = (0..65).map(|number| format!("a{number}='1'")).collect();
    assert!(
        refusal(format!("<a {}/>", attributes.join(" "))).contains("attributes of one element of at most 64")
    );
    let long = "x".repeat((1 << 20) + 1);
    assert!(refusal(format!("<a>{long}</a>")).contains("bytes of one text of at most 1048576"));
    assert!(refusal(format!("<a b='{long}'/>")).contains("bytes of one tag of at most 1048576"));
    let many = format!("<a>{}</a>", "<b/>".repeat(100_000));
    assert!(refusal(many).contains("elements in one record of at most 100000"));
}

#[test]
fn an_attachment_is_passed_over() {
    let long = "QUJD".repeat(1 << 19);
    let node = tree(format!(
        "<a><EmbeddedDocumentBinaryObject>{long}</EmbeddedDocumentBinaryObject><b>1</b></a>"
    ))
    .expect("a document with an attachment");
    assert_eq!(node.text_at("EmbeddedDocumentBinaryObject"), None);
    assert_eq!(node.text_at("b"), Some("1"));
}

#[test]
fn a_refusal_names_the_line() {
    assert!(refusal("<a>\n<b>\n</c></a>").contains("line 3"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = tree(bytes);
    }

    #[test]
    fn no_change_of_a_document_makes_the_reader_panic(
        at in 0_usize..90,
        insert in "[<>&;/!\\[\\]'\"=a-c#?-]{0,8}",
        cut in 0_usize..12,
    ) {
        let mut document =
            b"<?xml version='1.0'?><!-- c --><x:a xmlns:x='urn:x' b='1'><x:c>1 &lt; 2</x:c><![CDATA[d]]></x:a>"
                .to_vec();
        let start = at.min(document.len());
        let end = (start + cut).min(document.len());
        drop(document.splice(start..end, insert.into_bytes()));
        let _ = tree(document);
    }
}
