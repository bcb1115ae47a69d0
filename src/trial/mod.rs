//! What this machine can do: the same picture again and again, through the service as a server uses it, on all of its workers.
//!
//! Reading order: [`TASKS`], [`Trial`]. Knows nothing of how figures are shown.

mod figures;
mod pictures;

use std::time::{Duration, Instant};

use tokio::task::JoinSet;

pub use self::figures::Figures;
pub use self::pictures::Motif;
use crate::batch::{Failure, Input, Reader};
use crate::codecs::{Format, Header, Model};
use crate::http::local;
use crate::http::problem::Problem;
use crate::isolation::Isolation;
use crate::os;
use crate::pipeline::operation;
use crate::service::{self, Order, Service, Source};
use crate::source::Collected;

/// Names and values of parameters.
type Pairs = &'static [(&'static str, &'static str)];

/// What is made of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// A few words.
    pub name: &'static str,
    /// Which operation.
    operation: &'static str,
    /// Its parameters.
    parameters: Pairs,
}

/// A picture, and what is made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    /// The picture in a few words.
    pub name: &'static str,
    /// The picture.
    pub motif: Motif,
    /// What is made of it.
    pub wish: Wish,
}

const fn resize(name: &'static str, parameters: Pairs) -> Wish {
    Wish {
        name,
        operation: "resize",
        parameters,
    }
}

const JPEG: Wish = resize("to JPEG 300", &[("width", "300"), ("type", "jpeg")]);
const WEBP: Wish = resize("to WebP 800", &[("width", "800"), ("type", "webp")]);
const AVIF: Wish = resize("to AVIF 800", &[("width", "800"), ("type", "avif")]);
const SQUARE: Wish = Wish {
    name: "to JPEG 150x150",
    operation: "crop",
    parameters: &[("width", "150"), ("height", "150"), ("type", "jpeg")],
};
const SMART: Wish = Wish {
    name: "smartcrop 300x300",
    operation: "smartcrop",
    parameters: &[("width", "300"), ("height", "300"), ("type", "jpeg")],
};

const CHROMA: Model = Model::YCbCr { across: 2, down: 2 };

const fn motif(format: Format, (width, height): (u32, u32), model: Model) -> Motif {
    Motif {
        format,
        width,
        height,
        model,
    }
}

/// A camera's, what is shared, a drawing with alpha, and what the web has.
const CAMERA: Motif = motif(Format::Jpeg, (4000, 3000), CHROMA);
const SHARED: Motif = motif(Format::Jpeg, (1600, 1200), CHROMA);
const DRAWING: Motif = motif(Format::Png, (2048, 1536), Model::Rgba);
const WEB: Motif = motif(Format::WebP, (2048, 1536), CHROMA);

const fn task(name: &'static str, motif: Motif, wish: Wish) -> Task {
    Task { name, motif, wish }
}

/// What is measured where no picture is named.
pub const TASKS: [Task; 7] = [
    task("JPEG 12 MP", CAMERA, JPEG),
    task("JPEG 12 MP", CAMERA, WEBP),
    task("JPEG 12 MP", CAMERA, AVIF),
    task("JPEG 12 MP", CAMERA, SMART),
    task("JPEG 2 MP", SHARED, SQUARE),
    task("PNG 3 MP", DRAWING, WEBP),
    task("WebP 3 MP", WEB, JPEG),
];

/// What is measured of each picture that is named.
pub const WISHES: [Wish; 3] = [JPEG, WEBP, AVIF];

/// A picture that is measured with.
#[derive(Clone, Debug)]
pub struct Trial {
    service: Service,
    source: Source,
    /// What it is.
    pub header: Header,
}

impl Trial {
    /// With a picture that is made now.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn made(service: &Service, motif: Motif) -> Result<Self, Failure> {
        let problem = |error: service::Error| Failure::from(Problem::from(error));
        let file = motif.file().map_err(|error| problem(error.into()))?;
        let length = file.len() as u64;
        let lease = service.admission().upload(length);
        let lease = lease.map_err(|error| problem(error.into()))?;
        let mut collected = Collected::new(lease, Some(length));
        let added = collected.add(&file);
        added.map_err(|error| problem(error.into()))?;
        let source = collected.finish().ok_or_else(Failure::empty)?;
        let header = service.header(&source);
        Self::of(service, source, header)
    }

    /// With a picture of a file.
    ///
    /// # Errors
    /// It can't be read.
    pub async fn read(reader: &Reader, input: &Input) -> Result<Self, Failure> {
        let source = reader.picture(input).await?;
        let service = reader.service();
        let header = service.info(&source, 0, &Reader::context()).await;
        Self::of(service, source, header)
    }

    fn of(
        service: &Service,
        source: Source,
        header: Result<Header, service::Error>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            service: service.clone(),
            source,
            header: header.map_err(Problem::from)?,
        })
    }

    /// Bytes of the picture.
    pub fn bytes(&self) -> usize {
        self.source.bytes.len()
    }

    /// Makes `wish` of it on all workers, for so long, and once on each before.
    ///
    /// # Errors
    /// It can't be made.
    pub async fn run(&self, wish: &Wish, time: Duration) -> Result<Figures, Failure> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let pairs: Vec<_> = wish.parameters.iter().map(own).collect();
        let row = operation::named(wish.operation)
            .ok_or_else(|| Problem::internal("there is no such operation"))?;
        let side = self.service.max_side();
        let order = Order::from(local::asked(row, &pairs, false, side)?);
        // What is made once only, such as buffers, isn't what it takes.
        self.round(&order, Duration::ZERO).await?;
        let can_tell = os::forget_peak();
        let (cpu, start) = (self.cpu_seconds(), Instant::now());
        let times = self.round(&order, time).await?;
        let (took, cpu) = (start.elapsed(), self.cpu_seconds() - cpu);
        let peak = os::peak_resident_bytes().filter(|_| can_tell);
        let apart = self.service.isolation().map(Isolation::figures);
        let peak = peak.map(|peak| peak + apart.map_or(0, |figures| figures.resident_bytes));
        // The next one doesn't pay for what this one leaves.
        os::trim();
        Ok(Figures::new(times, took, cpu, peak))
    }

    fn cpu_seconds(&self) -> f64 {
        let apart = self.service.isolation().map(Isolation::figures);
        os::cpu_seconds() + apart.map_or(0.0, |figures| figures.cpu_seconds)
    }

    /// As many at a time as there are workers, until the time is over, at least one on each; what each took.
    async fn round(&self, order: &Order, time: Duration) -> Result<Vec<Duration>, Failure> {
        let end = Instant::now() + time;
        let mut clients = JoinSet::new();
        for _ in 0..self.service.admission().figures().workers {
            let (service, source, order) =
                (self.service.clone(), self.source.clone(), order.clone());
            clients.spawn(async move {
                let mut times = Vec::new();
                loop {
                    let start = Instant::now();
                    let context = Reader::context();
                    service
                        .transform(source.clone(), order.clone(), &context)
                        .await?;
                    times.push(start.elapsed());
                    if Instant::now() >= end {
                        return Ok::<_, service::Error>(times);
                    }
                }
            });
        }
        let mut times = Vec::new();
        while let Some(client) = clients.join_next().await {
            let client = client.map_err(|error| Problem::internal(error.to_string()))?;
            times.extend(client.map_err(Problem::from)?);
        }
        Ok(times)
    }
}
