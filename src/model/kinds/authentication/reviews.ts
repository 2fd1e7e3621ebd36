import { SELF_SUBJECT_REVIEWS, TOKEN_REQUESTS, TOKEN_REVIEWS } from '../../types/index.ts';
import { declareReview } from '../authorization/review.ts';

export const SELF_SUBJECT_REVIEW = declareReview(SELF_SUBJECT_REVIEWS);
export const TOKEN_REVIEW = declareReview(TOKEN_REVIEWS);
/** A body of `serviceaccounts/token`: it is read like an object of a kind, but served nowhere by itself. */
export const TOKEN_REQUEST = declareReview(TOKEN_REQUESTS);
