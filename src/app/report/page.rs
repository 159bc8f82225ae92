//! What a page consists of, before it is HTML or Markdown.

/// A part of a page.
#[derive(Clone, Debug)]
pub(super) enum Block {
    /// A heading that starts a currency.
    Section(String),
    /// A heading within a currency.
    Heading(String),
    /// A paragraph.
    Text(String),
    /// Key figures side by side.
    Tiles(Vec<Tile>),
    /// A picture.
    Picture(Picture),
    /// A table.
    Grid(Grid),
    /// A list.
    Points(Vec<String>),
    /// Names with what they stand for.
    Facts(Vec<(String, String)>),
    /// Columns beside each other where there is room.
    Beside(Vec<Vec<Block>>),
}

/// A key figure.
#[derive(Clone, Debug)]
pub(super) struct Tile {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) remark: String,
}

/// A picture, with what it shows in words for those who cannot see it.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    /// Unique within the page; part of a file name.
    pub(super) name: String,
    pub(super) title: String,
    pub(super) description: String,
    /// The SVG as the drawing library wrote it.
    pub(super) svg: String,
}

/// A table: columns of text, then columns of numbers.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    pub(super) caption: String,
    pub(super) header: Vec<String>,
    /// How many columns, from the left, hold text.
    pub(super) text_columns: usize,
    pub(super) rows: Vec<Vec<String>>,
}

/// The whole page.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) blocks: Vec<Block>,
}

impl Page {
    /// Every picture, in reading order.
    pub(super) fn pictures(&self) -> Vec<&Picture> {
        let mut found = Vec::new();
        collect(&self.blocks, &mut found);
        found
    }
}

fn collect<'a>(blocks: &'a [Block], found: &mut Vec<&'a Picture>) {
    for block in blocks {
        match block {
            Block::Picture(picture) => found.push(picture),
            Block::Beside(columns) => {
                for column in columns {
                    collect(column, found);
                }
            }
            Block::Section(_)
            | Block::Heading(_)
            | Block::Text(_)
            | Block::Tiles(_)
            | Block::Grid(_)
            | Block::Points(_)
            | Block::Facts(_) => {}
        }
    }
}

impl Picture {
    /// The SVG as a file of its own: with its title and description, which a browser shows and reads out.
    pub(super) fn file(&self) -> String {
        let (opening, rest) = self.parts();
        format!("{opening} role=\"img\">\n{}{rest}", self.told())
    }

    /// The SVG as part of an HTML page: as wide as its place, without the address of a namespace.
    pub(super) fn inline(&self) -> String {
        let (opening, rest) = self.parts();
        let view = opening
            .split_once("viewBox=\"")
            .and_then(|(_, after)| after.split_once('"'))
            .map_or("", |(view, _)| view);
        format!(
            "<svg viewBox=\"{view}\" role=\"img\" aria-label=\"{}\">\n{}{rest}",
            escaped(&self.title),
            self.told()
        )
    }

    fn told(&self) -> String {
        format!(
            "<title>{}</title>\n<desc>{}</desc>\n",
            escaped(&self.title),
            escaped(&self.description)
        )
    }

    /// The opening tag without its end, and what follows it.
    fn parts(&self) -> (&str, &str) {
        self.svg.split_once(">\n").unwrap_or((self.svg.as_str(), ""))
    }
}

/// Returns text for HTML and SVG, within tags and between them; control characters become blanks.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            control if control.is_control() => escaped.push(' '),
            other => escaped.push(other),
        }
    }
    escaped
}
