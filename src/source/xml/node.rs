//! An element with all that is in it.

/// An element of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    /// Local name.
    pub(crate) name: String,
    /// Local names and values of the attributes.
    pub(crate) attributes: Vec<(String, String)>,
    /// The text that is directly in it; empty when it only parts the elements in it.
    pub(crate) text: String,
    /// The elements in it, in their order.
    pub(crate) children: Vec<Node>,
}

impl Node {
    pub(super) fn new(name: String, attributes: Vec<(String, String)>) -> Self {
        Self {
            name,
            attributes,
            text: String::new(),
            children: Vec::new(),
        }
    }

    /// Drops the white space between elements.
    pub(super) fn finish(&mut self) {
        if !self.children.is_empty() && self.text.trim().is_empty() {
            self.text = String::new();
        }
    }

    /// The first element in it that has the name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Every element in it that has the name.
    pub(crate) fn children(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The element that names lead to, such as `RmtInf/Strd/CdtrRefInf/Ref`: at each step the first that leads on.
    pub(crate) fn at(&self, path: &str) -> Option<&Self> {
        match path.split_once('/') {
            None => self.child(path),
            Some((name, rest)) => self.children(name).find_map(|child| child.at(rest)),
        }
    }

    /// The trimmed text of the element that names lead to; `None` when it is empty.
    pub(crate) fn text_at(&self, path: &str) -> Option<&str> {
        self.at(path)
            .map(|node| node.text.trim())
            .filter(|text| !text.is_empty())
    }

    /// The value of an attribute.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}
